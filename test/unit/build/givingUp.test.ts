import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GivingUp } from "../../../src/core/build/givingUp.ts";
import type { BuilderLoss } from "../../../src/core/build/podLoss.ts";

describe("a build is given up", () => {
  const times: readonly (readonly [BuilderLoss["kind"], afterMs: number, isSure: boolean])[] = [
    ["lost", 2_000, true],
    ["ending", 5_000, true],
    ["unheard", 8_000, false],
    ["silent", 45_000, false],
    ["possible", 180_000, false],
  ];
  for (const [kind, afterMs, isSure] of times)
    it(`${kind}: after ${afterMs / 1000} s${isSure ? ", whatever it tells" : " in which it has told nothing"}`, (context) => {
      context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
      const happened: string[] = [];
      const givingUp = new GivingUp({
        quiet: () => happened.push("quiet"),
        end: () => happened.push("end"),
        kill: () => happened.push("kill"),
      });
      /** Second by second, as time passes. */
      const pass = (ms: number): void => {
        for (let passed = 0; passed < ms; passed += 500) context.mock.timers.tick(500);
      };
      givingUp.consider({ kind, platforms: [], what: "lost", remedy: "" });
      pass(1_000);
      givingUp.heard();
      pass(afterMs - 1_000);
      const before = isSure ? ["end"] : ["quiet"];
      assert.deepEqual(happened, before);
      assert.equal(givingUp.isQuiet, !isSure);
      if (!isSure) {
        pass(1_000);
        assert.deepEqual(happened, ["quiet", "end"]);
      }
      pass(2_000);
      assert.equal(happened.at(-1), "kill");
      givingUp.dispose();
    });

  it("is not called quiet any more when it tells something", (context) => {
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const givingUp = new GivingUp({ quiet: () => undefined, end: () => assert.fail(), kill: () => assert.fail() });
    givingUp.consider({ kind: "silent", platforms: [], what: "lost", remedy: "" });
    context.mock.timers.tick(5_000);
    assert.equal(givingUp.isQuiet, true);
    givingUp.heard();
    assert.equal(givingUp.isQuiet, false);
    givingUp.consider(undefined);
    context.mock.timers.tick(600_000);
    givingUp.dispose();
  });
});

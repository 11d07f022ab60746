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
    it(`${kind}: after ${afterMs / 1000} s${isSure ? "" : " in which it has told nothing"}`, (context) => {
      context.mock.timers.enable({ apis: ["setTimeout"] });
      const given: string[] = [];
      const givingUp = new GivingUp(
        (loss) => given.push(loss.what),
        () => given.push("killed"),
      );
      givingUp.consider({ kind, platforms: [], what: "lost", remedy: "" });
      context.mock.timers.tick(afterMs - 1);
      givingUp.heard();
      assert.deepEqual(given, []);
      context.mock.timers.tick(1);
      if (!isSure) {
        assert.deepEqual(given, []);
        context.mock.timers.tick(afterMs);
      }
      assert.deepEqual(given, ["lost"]);
      givingUp.dispose();
    });
});

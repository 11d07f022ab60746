import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { BuildRun } from "../../src/core/build/run.ts";
import { followBuilder } from "../../src/core/builder/follow.ts";
import type { Builder } from "../../src/core/buildx/builder.ts";
import { labBlockers } from "./blockers.ts";
import { buildxBinaries, deleteNamespace, LabBuilders, reached } from "./labBuilders.ts";
import { labRegistry } from "./paths.ts";
import { killBuildkitd } from "./podProcesses.ts";
import { kubectl } from "./processes.ts";

const blockers = process.env["CI"] ? [] : labBlockers();

/** The longest that a build may go on after its pod is gone, with what it takes to notice and to end. */
const longestMs = 10_000;

// Side by side: they wait most of the time.
describe("a build whose pod goes", { skip: blockers.join("; ") || false, concurrency: true }, () => {
  for (const buildx of buildxBinaries)
    describe(`by ${buildx}`, { concurrency: false }, () => {
      const lab = new LabBuilders(buildx);
      const wanted = lab.wish(`loss${buildx.replaceAll(/\D/g, "")}`, { architectures: ["amd64"] });
      let builder: Builder;
      before(async () => {
        await lab.up();
        builder = await lab.create(wanted);
      });
      after(async () => {
        await lab.remove(builder);
        await deleteNamespace(wanted.namespace);
        await lab.dispose();
      });

      const losses: readonly (readonly [name: string, act: (pod: string) => Promise<unknown>, what: RegExp])[] = [
        [
          "is deleted, and would go on for half a minute",
          (pod) => kubectl("delete", "pod", pod, "-n", wanted.namespace, "--wait=false"),
          /^The builder pod \S+ was deleted\.$/,
        ],
        [
          "is deleted at once",
          (pod) => kubectl("delete", "pod", pod, "-n", wanted.namespace, "--force", "--grace-period=0"),
          /^The builder pod \S+ was deleted\.$/,
        ],
        [
          "loses its BuildKit",
          (pod) => killBuildkitd(pod, wanted.namespace),
          /^BuildKit in the builder pod \S+ has ended: /,
        ],
      ];
      for (const [index, [name, act, what]] of losses.entries())
        it(`fails within seconds when it ${name}`, async () => {
          await lab.settled(wanted.namespace, 1);
          const run = lab.build(builder, `loss-${index}`, `FROM ${labRegistry}/base:1\nRUN echo begun && sleep 600\n`);
          const following = followBuilder(builder, lab.connections, lab.deps.env, (followed) => run.observe(followed));
          const ended = run.start();
          await stepRuns(run);
          const pod = run.snapshot().lanes[0]?.placement?.pod ?? "";
          await act(pod);
          const lostMs = performance.now();
          await ended;
          following.dispose();
          assert.ok(performance.now() - lostMs < longestMs, `it took ${Math.round(performance.now() - lostMs)} ms`);
          const { head, lanes, rows } = run.snapshot();
          assert.equal(head.state, "failed");
          assert.match(head.failure?.what ?? "", what);
          assert.ok(head.failure?.what.includes(pod));
          assert.equal(lanes[0]?.state, "failed");
          assert.ok(rows.some(({ text }) => text.includes("sleep 600")));
          assert.match(run.output(), /^begun$/m);
        });

      it("fails at once when it is scaled to 0, and so does the next one, which would wait in vain", async () => {
        await lab.settled(wanted.namespace, 1);
        const scale = (replicas: number): Promise<unknown> =>
          kubectl("scale", `deployment/${wanted.name}-amd64`, `--replicas=${replicas}`, "-n", wanted.namespace);
        const sleeping = `FROM ${labRegistry}/base:1\nRUN echo begun && sleep 600\n`;
        for (const [index, act] of [async () => scale(0), async () => undefined].entries()) {
          const run = lab.build(builder, `asleep-${index}`, sleeping);
          const following = followBuilder(builder, lab.connections, lab.deps.env, (followed) => run.observe(followed));
          const ended = run.start();
          if (index === 0) await stepRuns(run);
          await act();
          const startedMs = performance.now();
          await ended;
          following.dispose();
          assert.ok(performance.now() - startedMs < longestMs);
          assert.match(
            run.snapshot().head.failure?.what ?? "",
            /^The builder node \S+ is scaled to 0: it has no pods\.$/,
          );
        }
        await scale(1);
      });

      it("works again with the next build", async () => {
        await lab.settled(wanted.namespace, 1);
        const run = lab.build(builder, "next", `FROM ${labRegistry}/base:1\nRUN true\n`);
        await run.start();
        assert.equal(run.state, "done");
      });
    });
});

async function stepRuns(run: BuildRun): Promise<void> {
  await reached(run, ({ rows, lanes }) => {
    const runs = rows.some(({ text, cells }) => text.includes("sleep") && cells.some((cell) => cell?.hasLog));
    return runs && lanes[0]?.placement?.pod !== undefined;
  });
}

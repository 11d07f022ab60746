import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { labBlockers } from "./blockers.ts";
import { labDown } from "./down.ts";
import { labNodes } from "./nodes.ts";
import { labRegistry } from "./paths.ts";
import { kubectl } from "./processes.ts";
import { readPlatforms } from "./registry.ts";
import { labStatus } from "./status.ts";
import { TestBuilder, labPlatforms } from "./testBuilder.ts";
import { labUp } from "./up.ts";

const dockerfile = `
FROM ${labRegistry}/base:1 AS build
ARG TARGETPLATFORM
ARG BUILDPLATFORM
RUN uname -m | tee /machine
RUN echo "for $TARGETPLATFORM on $BUILDPLATFORM" | tee /platforms
FROM scratch
COPY --from=build /machine /platforms /
`;

const machines = { amd64: "x86_64", arm64: "aarch64" } as const;

// Where the lab cannot run, a developer may skip this; in CI that would hide that nothing was tested.
const blockers = process.env.CI ? [] : labBlockers();

describe("a builder on the lab", { skip: blockers.join("; ") || false }, () => {
  let builder: TestBuilder;
  let contextDir: string;
  let wasUp = true;

  before(async () => {
    wasUp = (await labStatus()).state === "up";
    await labUp();
    builder = new TestBuilder("flow");
    contextDir = join(builder.dir, "context");
    mkdirSync(contextDir);
    writeFileSync(join(contextDir, "Dockerfile"), dockerfile);
  });

  after(async () => {
    builder?.dispose();
    if (!wasUp) {
      await labDown();
    }
  });

  it("starts one pod per architecture, each on the node of that architecture", async () => {
    await builder.create();
    for (const { name, architecture } of labNodes) {
      const app = `app=${builder.nodeName(architecture)}`;
      const { stdout } = await kubectl("get", "pods", "-l", app, "-o", "jsonpath={.items[*].spec.nodeName}");
      assert.equal(stdout, name);
    }
  });

  it("builds each platform on its own node, without a flag for buildkitd", async () => {
    const output = join(builder.dir, "output");
    await builder.build(contextDir, "--output", `type=local,dest=${output}`);
    for (const { architecture } of labNodes) {
      const read = (name: string) => readFileSync(join(output, `linux_${architecture}`, name), "utf8").trim();
      assert.equal(read("machine"), machines[architecture]);
      assert.equal(read("platforms"), `for linux/${architecture} on linux/${architecture}`);
    }
  });

  it("pushes one index with both platforms", async () => {
    await builder.build(contextDir, "--output", `type=image,name=${labRegistry}/${builder.name}:1,push=true`);
    assert.deepEqual((await readPlatforms(builder.name, "1")).toSorted(), labPlatforms);
  });

  it("leaves nothing behind when it is removed", async () => {
    await builder.remove();
    const apps = `app in (${labNodes.map(({ architecture }) => builder.nodeName(architecture)).join(",")})`;
    await kubectl("wait", "--for=delete", "pods", "-l", apps, "--timeout=60s");
    const { stdout } = await kubectl("get", "deployments,statefulsets,configmaps,pods", "-l", apps, "-o", "name");
    assert.equal(stdout, "");
    const { stdout: configMaps } = await kubectl("get", "configmaps", "-o", "name");
    assert.ok(!configMaps.includes(builder.name), configMaps);
  });
});

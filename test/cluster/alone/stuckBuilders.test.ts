import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type { NewBuilder } from "../../../src/core/builder/create.ts";
import { followBuilder } from "../../../src/core/builder/follow.ts";
import { UserError } from "../../../src/core/errors.ts";
import { labBlockers } from "../blockers.ts";
import { deleteNamespace, LabBuilders } from "../labBuilders.ts";
import { pauseImage } from "../images.ts";
import { labNodes } from "../nodes.ts";
import { labRegistry } from "../paths.ts";
import { kubectl } from "../processes.ts";

const blockers = process.env["CI"] ? [] : labBlockers();

/** A builder that cannot start: what is wrong with the wish or with its namespace, and what is to be said of it. */
interface Case {
  readonly name: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly changes?: (lab: LabBuilders) => Partial<NewBuilder>;
  readonly prepare?: (namespace: string) => Promise<unknown>;
  readonly cause: RegExp;
}

const quota = (namespace: string): Promise<unknown> =>
  kubectl("create", "quota", "tight", "-n", namespace, "--hard=pods=0");
const baseline = (namespace: string): Promise<unknown> =>
  kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline");
/** A configuration that BuildKit reads and cannot live with. */
const badRoot = (lab: LabBuilders): Partial<NewBuilder> => {
  const file = path.join(lab.dir, "bad-root.toml");
  writeFileSync(file, 'root = "/proc/self/no-such-folder"\n');
  return { buildkitdConfig: file };
};

const cases: readonly Case[] = [
  {
    name: "selector",
    options: { nodeselector: "example.com/disk=ssd" },
    cause: /no node matches its node selector .*example\.com\/disk=ssd/,
  },
  { name: "cpu", options: { "requests.cpu": "64" }, cause: /no amd64 node has 64 free CPUs/ },
  { name: "memory", options: { "requests.memory": "512Gi" }, cause: /no amd64 node has 512 GiB of free memory/ },
  {
    name: "plain-http",
    options: { image: `${labRegistry}/base:1` },
    cause: /its image \S+base:1 cannot be pulled: the registry speaks plain HTTP/,
  },
  {
    name: "no-registry",
    options: { image: "10.244.1.1:5999/buildkit:1" },
    cause: /its image \S+ cannot be pulled: nothing listens at the registry's address/,
  },
  {
    name: "no-dns",
    options: { image: "registry.invalid/buildkit:1" },
    cause: /its image \S+ cannot be pulled: (?:the registry's name is not known to DNS|DNS does not answer)/,
  },
  { name: "bad-image", options: { image: "No/Valid:Name:1" }, cause: /this is not a valid image name/ },
  {
    name: "wrong-image",
    options: { image: pauseImage },
    cause: /(?:keeps crashing|exit code 1).* Its log ends: .*tail: unrecognized option/,
  },
  {
    name: "crash",
    changes: badRoot,
    cause: /(?:keeps crashing|exit code 1).* Its log ends: failed to create .*no-such-folder/,
  },
  { name: "quota", prepare: quota, cause: /exceeded quota: tight/ },
  { name: "privileged", prepare: baseline, cause: /PodSecurity.*privileged/ },
  {
    name: "account",
    options: { serviceaccount: "nobody" },
    cause: /service account .*nobody.* not found|serviceaccount "nobody" not found/,
  },
  {
    name: "claim",
    options: { "persistent-volume-claim.requests.storage": "1Gi" },
    cause: /its volume claim is not bound: the cluster has no volume or default storage class for it/,
  },
  {
    // The pods of a StatefulSet: its events alone tell.
    name: "set-quota",
    options: { "persistent-volume-claim.requests.storage": "1Gi" },
    prepare: quota,
    cause: /exceeded quota: tight/,
  },
  { name: "scheduler", options: { schedulername: "nobody" }, cause: /its scheduler nobody has not taken it/ },
];

describe("builders that cannot start, each for another cause", { skip: blockers.join("; ") || false }, () => {
  const lab = new LabBuilders();
  before(() => lab.up());
  after(() => lab.dispose());

  async function messageOf({ name, options, changes, prepare }: Case): Promise<string> {
    const wanted = lab.wish(name, {
      architectures: ["amd64"],
      driverOptions: { timeout: "15s", ...options },
      ...changes?.(lab),
    });
    if (prepare) {
      await kubectl("create", "namespace", wanted.namespace);
      await prepare(wanted.namespace);
    }
    const error: unknown = await lab.create(wanted).then(
      () => assert.fail(`${name} has started`),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof UserError, String(error));
    assert.equal(error.remedy, undefined);
    await lab.assertNothingIsLeft(wanted);
    if (prepare) await deleteNamespace(wanted.namespace);
    return error.message;
  }

  // All at once: each takes as long as buildx waits for it.
  const messages = new Map<string, Promise<string>>();
  before(() => {
    for (const one of cases) {
      const message = messageOf(one);
      message.catch(() => undefined); // told by its test
      messages.set(one.name, message);
    }
  });
  for (const { name, cause } of cases)
    it(`tells the cause: ${name}`, async () => {
      assert.match((await messages.get(name)) ?? "", cause);
    });

  it("tells the cause to a build that has to start its builder", async () => {
    const name = `asleep-${process.pid}`;
    const { cli, env, connections } = lab.deps;
    const options = "namespace=default,timeout=6s,nodeselector=example.com/disk=ssd";
    const flags = ["--driver=kubernetes", `--node=${name}`, "--platform=linux/amd64", `--driver-opt=${options}`];
    await cli.run(["create", `--name=${name}`, ...flags]);
    const builder = await lab.find(name);
    const run = lab.build(builder, "asleep", "FROM scratch\nCOPY Dockerfile /\n");
    const following = followBuilder(builder, connections, env, (followed) => run.observe(followed));
    const waited: (string | undefined)[] = [];
    run.onDidChange(() => waited.push(run.summary().head.waitingFor));
    await run.start();
    following.dispose();
    const cause = /amd64: .*no node matches its node selector example\.com\/disk=ssd/;
    assert.ok(
      waited.some((text) => cause.test(text ?? "")),
      "while it waits",
    );
    const { failure } = run.summary().head;
    assert.equal(failure?.what, "The builder could not be started.");
    assert.match(failure?.message ?? "", cause);
    await lab.remove(builder);
  });

  it("tells the cause, which events alone know: its configuration is gone", async () => {
    const wanted = lab.wish("no-config", { architectures: ["amd64"] });
    const builder = await lab.create(wanted);
    await kubectl("delete", "configmap", "--all", "-n", wanted.namespace);
    await kubectl("delete", "pod", "--all", "-n", wanted.namespace);
    const { promise, resolve } = Promise.withResolvers<void>();
    const following = followBuilder(builder, lab.connections, lab.deps.env, ({ view }) => {
      const texts = view?.pods.map(({ state }) => (state.kind === "stuck" ? state.text : "")) ?? [];
      if (texts.some((text) => /^its volumes cannot be mounted: configmap "\S+" not found$/.test(text))) resolve();
    });
    await promise;
    following.dispose();
    await lab.remove(builder);
    await deleteNamespace(wanted.namespace);
  });

  it("tells the cause: a taint, a cordon", async () => {
    const [first, second] = labNodes.map(({ name }) => name);
    assert.ok(first && second);
    await Promise.all(messages.values());
    try {
      await kubectl("taint", "node", first, "example.com/only=tests:NoSchedule");
      await kubectl("cordon", second);
      const both = {
        name: "taken",
        options: { timeout: "6s" },
        changes: () => ({ architectures: ["amd64", "arm64"] }),
        cause: / /,
      };
      const message = await messageOf(both);
      assert.match(message, /amd64: no amd64 node takes it: .*a taint it does not tolerate/);
      assert.match(message, /arm64: no arm64 node takes it: .*cordoned/);
    } finally {
      await kubectl("taint", "node", first, "example.com/only-");
      await kubectl("uncordon", second);
    }
  });
});

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { CoreV1Api, Exec, KubeConfig, type V1Status, Watch } from "@kubernetes/client-node";
import { builderWorkload } from "./builderWorkload.ts";
import { deployments } from "./kinds.ts";
import { create } from "./resources.ts";
import { Standin } from "./standin.ts";

function configOf(standin: Standin): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(standin.kubeconfig);
  return config;
}

/** The name of a pod that is ready. */
async function readyPod(standin: Standin): Promise<string> {
  create(standin.store, deployments, "default", builderWorkload("Deployment", "quick"));
  const names = (): readonly string[] =>
    standin.pods
      .list("default", "quick")
      .filter(({ status }) => status?.containerStatuses?.[0]?.ready)
      .map(({ metadata }) => metadata.name);
  await standin.until(() => names().length === 1);
  return names()[0] ?? "";
}

/** Runs a command in the pod to its end. */
async function exec(standin: Standin, pod: string, command: readonly string[], input: string) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const ended = Promise.withResolvers<V1Status>();
  const client = new Exec(configOf(standin));
  await client.exec("default", pod, "buildkitd", [...command], stdout, stderr, stdin, false, ended.resolve);
  stdin.end(input);
  const [output, errors, status] = await Promise.all([text(stdout), text(stderr), ended.promise]);
  return { output, errors, status };
}

describe("Kubernetes' own client", () => {
  test("lists and reads", async () => {
    await using standin = await Standin.start();
    const api = configOf(standin).makeApiClient(CoreV1Api);
    const { items } = await api.listNode();
    assert.deepEqual(
      items.map(({ metadata, status }) => [metadata?.name, status?.nodeInfo?.architecture]),
      [
        ["node-amd64", "amd64"],
        ["node-arm64", "arm64"],
      ],
    );
    assert.ok(items[0]?.metadata?.creationTimestamp instanceof Date);
    await assert.rejects(api.readNamespacedPod({ namespace: "default", name: "none" }), { code: 404 });
  });

  test("reads what a pod has written", async () => {
    await using standin = await Standin.start();
    const name = await readyPod(standin);
    standin.pods.setLog("default", name, "one\ntwo\nthree\n");
    const api = configOf(standin).makeApiClient(CoreV1Api);
    const log = await api.readNamespacedPodLog({ namespace: "default", name, tailLines: 2 });
    assert.equal(log, "two\nthree\n");
  });

  test("watches", async () => {
    await using standin = await Standin.start();
    const seen: string[] = [];
    const added = Promise.withResolvers<void>();
    const done = Promise.withResolvers<unknown>();
    const query = { resourceVersion: String(standin.store.version) };
    const watch = await new Watch(configOf(standin)).watch(
      "/api/v1/nodes",
      query,
      (phase: string, object: { readonly metadata: { readonly name: string } }) => {
        seen.push(`${phase} ${object.metadata.name}`);
        if (seen.length === 2) added.resolve();
      },
      done.resolve,
    );
    standin.clusterNodes.add("late");
    standin.clusterNodes.cordon("late");
    await added.promise;
    assert.deepEqual(seen, ["ADDED late", "MODIFIED late"]);
    watch.abort();
    await done.promise;
  });

  test("runs commands in pods", async () => {
    await using standin = await Standin.start();
    const pod = await readyPod(standin);
    const cat = await exec(standin, pod, ["cat"], "through and back");
    assert.equal(cat.output, "through and back");
    assert.equal(cat.status.status, "Success");
    const failing = await exec(standin, pod, ["sh", "-c", "echo no >&2; exit 3"], "");
    assert.equal(failing.errors, "no\n");
    assert.equal(failing.status.reason, "NonZeroExitCode");
    assert.deepEqual(failing.status.details?.causes, [{ reason: "ExitCode", message: "3" }]);
  });

  test("moves megabytes through a command without changing a byte", async () => {
    await using standin = await Standin.start();
    const pod = await readyPod(standin);
    const input = "0123456789abcde\n".repeat(256 * 1024);
    const { output } = await exec(standin, pod, ["cat"], input);
    assert.ok(output === input, `${output.length} of ${input.length}`);
  });

  test("loses its command with the pod", async () => {
    await using standin = await Standin.start();
    const pod = await readyPod(standin);
    const running = exec(standin, pod, ["sh", "-c", "cat; sleep 60"], "");
    await standin.until(() => standin.running.some(({ info, hasBegun }) => info.subresource === "exec" && hasBegun));
    standin.pods.delete("default", pod, 0);
    const { status } = await running;
    assert.deepEqual(status.details?.causes, [{ reason: "ExitCode", message: "137" }]);
  });

  test("loses the connection to its command by a fault, or hears nothing any more", async () => {
    await using standin = await Standin.start();
    const pod = await readyPod(standin);
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const open = async () =>
      new Exec(configOf(standin)).exec("default", pod, "buildkitd", ["cat"], stdout, stderr, stdin, false);
    const cut = await open();
    const closed = new Promise((resolve) => cut.on("close", resolve));
    standin.faults.add({ kind: "cut" }, { resource: "pods/exec", count: 1 });
    await closed;
    const silent = await open();
    const halfOpen = standin.faults.add({ kind: "half-open" }, { resource: "pods/exec", count: 1 });
    assert.equal(halfOpen.hits, 1);
    let pongs = 0;
    silent.on("pong", () => (pongs += 1));
    silent.ping();
    // Another connection works, and by the time that it has answered the first one would have.
    assert.equal((await exec(standin, pod, ["cat"], "heard")).output, "heard");
    assert.equal(pongs, 0);
    silent.terminate();
  });

  test("is not let into a pod where it may not, or where nothing runs", async () => {
    await using standin = await Standin.start();
    const pod = await readyPod(standin);
    const denial = standin.deny({ resource: "pods/exec" });
    const refused = { message: "Unexpected server response: 403" };
    await assert.rejects(exec(standin, pod, ["true"], ""), refused);
    denial.dispose();
    standin.pods.evict("default", pod);
    await assert.rejects(exec(standin, pod, ["true"], ""), { message: "Unexpected server response: 400" });
  });
});

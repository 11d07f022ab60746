import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { KubeApi } from "../../../src/core/cluster/api.ts";
import { collections } from "../../../src/core/cluster/collections.ts";
import { parseEvent, podByEvent } from "../../../src/core/cluster/events.ts";
import type { Pod, Watched } from "../../../src/core/cluster/objects.ts";
import type { Disposable } from "../../../src/core/event.ts";
import { accessTo, event, FakeApi, forbid, list } from "./fakeApi.ts";

const pod: Pod = {
  uid: "u",
  name: "kube-0",
  namespace: "build",
  app: "kube",
  phase: "Pending",
  state: { kind: "starting", text: "waiting", isUnexplained: true },
  createdMs: 0,
  restarts: 0,
};

function eventObject(reason: string, message: string, lastTimestamp: string): object {
  return { metadata: { name: reason + lastTimestamp }, involvedObject: { uid: "u" }, reason, message, lastTimestamp };
}

describe("events of a pod", () => {
  const cases: readonly (readonly [reason: string, message: string, text: string])[] = [
    [
      "FailedMount",
      'MountVolume.SetUp failed for volume "config" : configmap "kube-config" not found',
      'its volumes cannot be mounted: configmap "kube-config" not found',
    ],
    [
      "FailedCreatePodSandBox",
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "ab12": plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
      'its network cannot be set up: plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
    ],
  ];
  for (const [reason, message, text] of cases) {
    it(`tell in words what is wrong: ${reason}`, () => {
      const parsed = parseEvent(eventObject(reason, message, "2026-01-01T00:00:00Z"));
      assert.ok(parsed);
      assert.deepEqual(podByEvent(pod, parsed).state, { kind: "stuck", text, detail: message });
    });
  }

  it("are left alone where the pod itself says the same", () => {
    assert.equal(parseEvent(eventObject("BackOff", "Back-off pulling image", "2026-01-01T00:00:00Z")), undefined);
  });
});

describe("the pods of a namespace", () => {
  const opened: Disposable[] = [];
  afterEach(() => opened.splice(0).forEach((one) => one.dispose()));

  /** A pod that its node prepares; `isReady`: what the next event of the watch says of it. */
  const wirePod = (isReady: boolean): object => ({
    metadata: { name: "kube-0", namespace: "build", uid: "u", labels: { app: "kube" } },
    spec: { nodeName: "n", containers: [{ name: "buildkitd", image: "i" }] },
    status: {
      conditions: [
        { type: "PodReadyToStartContainers", status: String(isReady) },
        { type: "Ready", status: isReady ? "True" : "False" },
      ],
    },
  });

  function podsOf(server: FakeApi, isSo: (watched: Watched<Pod>) => boolean): Promise<Watched<Pod>> {
    const api = new KubeApi(accessTo(server.url), {});
    const pods = collections(api).pods("build");
    return new Promise((resolve) => {
      opened.push(
        pods.onDidChange((watched) => isSo(watched) && resolve(watched)),
        api,
      );
    });
  }

  const asked = (server: FakeApi, what: string): number =>
    server.requests.filter(({ url }) => url.pathname.endsWith(what)).length;

  it("are told by the latest event while they need one, and no longer", async () => {
    let becomeReady = (): void => undefined;
    const closed = Promise.withResolvers<void>();
    await using server = await FakeApi.start(({ url }, response) => {
      const isWatch = url.searchParams.has("watch");
      if (url.pathname.endsWith("/events")) {
        assert.equal(url.searchParams.get("fieldSelector"), "type=Warning");
        const all = [
          eventObject("FailedMount", "the second", "2026-01-01T00:00:02Z"),
          eventObject("FailedMount", "the first", "2026-01-01T00:00:01Z"),
        ];
        if (isWatch) response.once("close", () => closed.resolve()).flushHeaders();
        else list(response, all, "1");
      } else if (isWatch) {
        response.flushHeaders();
        becomeReady = () => event(response, "MODIFIED", wirePod(true));
      } else list(response, [wirePod(false)], "1");
    });
    const told = await podsOf(server, ({ items }) => items[0]?.state.kind === "stuck");
    assert.equal(told.items[0]?.state.kind === "stuck" && told.items[0].state.detail, "the second");
    becomeReady();
    await closed.promise;
  });

  it("say so when events may not be read, and are shown all the same", async () => {
    await using server = await FakeApi.start(({ url }, response) => {
      if (url.pathname.endsWith("/events")) forbid(response, "list", "events");
      else if (url.searchParams.has("watch")) response.flushHeaders();
      else list(response, [wirePod(false)], "1");
    });
    const { status, items } = await podsOf(server, ({ items: [first] }) =>
      Boolean(first && "detail" in first.state && first.state.detail),
    );
    assert.equal(status.kind, "live");
    assert.deepEqual(items[0]?.state, {
      kind: "starting",
      text: "waiting for its volumes and network",
      sinceMs: undefined,
      isUnexplained: true,
      detail: "Not allowed to list events in namespace build of cluster lab (needs list, watch on events).",
    });
  });

  it("ask for no events when all is well", async () => {
    await using server = await FakeApi.start(({ url }, response) => {
      if (url.searchParams.has("watch")) response.flushHeaders();
      else list(response, [wirePod(true)], "1");
    });
    await podsOf(server, ({ items: [first] }) => first?.state.kind === "starting" || first?.state.kind === "ready");
    assert.equal(asked(server, "/events"), 0);
  });
});

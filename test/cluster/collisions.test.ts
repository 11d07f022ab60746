import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { networkCollisions, parseListeners, portCollisions } from "./collisions.ts";

const sockets = `
LISTEN 0      128        10.244.1.1:5000   0.0.0.0:*    users:(("docker-registry",pid=42,fd=6))
LISTEN 0      4096                *:10250        *:*    users:(("kubelet",pid=43,fd=20),("kubelet",pid=43,fd=21))
LISTEN 0      4096          [::1]:16443       [::]:*
`;

function link(local: string, prefixlen: number) {
  return { ifname: "cni0", addr_info: [{ local, prefixlen }] };
}

describe("what is in the lab's way", () => {
  it("is a listener at the same address or at all of them, by its program", () => {
    assert.deepEqual(portCollisions(parseListeners(sockets)), [
      "port 10250 of 10.244.1.1 is taken by kubelet (pid 43)",
      "port 10250 of 10.244.2.1 is taken by kubelet (pid 43)",
      "port 5000 of 10.244.1.1 is taken by docker-registry (pid 42)",
    ]);
  });

  it("is a network that contains a node's, not one beside it", () => {
    assert.equal(networkCollisions([link("10.244.0.1", 16)]).length, 2);
    assert.equal(networkCollisions([link("10.244.2.7", 28)]).length, 1);
    assert.deepEqual(networkCollisions([link("10.244.3.1", 24), link("fe80::1", 64), link("192.0.2.2", 30)]), []);
  });
});

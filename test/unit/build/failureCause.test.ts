import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { causeOf, isOutputRefused, type ToldFailure } from "../../../src/core/build/failureCause.ts";

const metadata = "[linux/riscv64 internal] load metadata for reg.example.com/base:1";
const blob =
  'failed to push reg.example.com/app:1: failed to do request: Head "https://reg.example.com/v2/app/blobs/x"';

const cases: readonly (readonly [name: string, failure: ToldFailure, what: string, advice?: RegExp])[] = [
  [
    "a base image that does not exist",
    { name: metadata, message: "reg.example.com/base:1: not found" },
    "The base image reg.example.com/base:1 does not exist.",
    /typing error/,
  ],
  [
    "a stage that is not there, taken for a base image",
    {
      name: "[internal] load metadata for docker.io/library/two:latest",
      message: "failed to do request: dial tcp: lookup docker.io: no such host",
    },
    "The base image docker.io/library/two:latest could not be pulled: the registry docker.io was not reached from the builder’s pods.",
    /^If a stage is meant: this Dockerfile has none called two\. Look whether/,
  ],
  [
    "a builder whose namespace was deleted",
    {
      name: "[internal] booting buildkit",
      message: 'error while calling configMapClient.Create for "kube-amd64-config": namespaces "builds" not found',
    },
    "The namespace builds of the builder is gone.",
    /^Remove the builder and create it anew\.$/,
  ],
  [
    "a secret that the build was not given",
    { name: "[2/2] RUN --mount=type=secret,id=npmrc npm ci", message: "secret npmrc: not found" },
    "The build was not given the secret npmrc.",
    /multiArchBuilds\.build\.arguments: --secret=id=npmrc,src=FILE$/,
  ],
  [
    "a base image whose name is an argument without a value",
    { message: "base name (${BASE}) should not be blank" },
    "The name of a base image is empty: the build argument BASE has no value.",
    /--build-arg=BASE=VALUE$/,
  ],
  [
    "a base image that lacks the platform",
    { name: metadata, message: "no match for platform in manifest: not found", platform: "linux/riscv64" },
    "The base image reg.example.com/base:1 is not there for linux/riscv64.",
    /without this platform/,
  ],
  [
    "a base image one may not pull",
    {
      name: "[internal] load metadata for docker.io/team/base:1",
      message:
        "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
    },
    "The base image docker.io/team/base:1 could not be pulled: the registry docker.io does not allow it.",
    /docker login docker\.io/,
  ],
  [
    "a registry that is down when a base image is pulled",
    { name: metadata, message: 'failed to do request: Head "…": dial tcp 10.0.0.1:443: connect: connection refused' },
    "The base image reg.example.com/base:1 could not be pulled: the registry reg.example.com was not reached from the builder’s pods.",
    /cluster may reach it/,
  ],
  [
    "a registry that is down when an image is pushed",
    { message: `${blob}: dial tcp 10.0.0.1:443: connect: connection refused` },
    "The image could not be pushed: the registry reg.example.com was not reached from the builder’s pods.",
  ],
  [
    "a push without sign-in",
    { message: "failed to push 10.0.0.1:5000/app: unexpected status from POST request: 401 Unauthorized" },
    "The image could not be pushed: the registry 10.0.0.1:5000 does not allow it.",
    /docker login 10\.0\.0\.1:5000/,
  ],
  [
    "a push to Docker Hub without the right",
    {
      message: "failed to push team/app:1: push access denied, repository does not exist or may require authorization",
    },
    "The image could not be pushed: the registry docker.io does not allow it.",
  ],
  [
    "a registry that speaks plain http",
    { message: `${blob}: http: server gave HTTP response to HTTPS client` },
    "The image could not be pushed: the registry reg.example.com speaks plain http.",
    /buildkitd\.toml/,
  ],
  [
    "a registry with a certificate of its own",
    { message: `${blob}: tls: failed to verify certificate: x509: certificate signed by unknown authority` },
    "The image could not be pushed: BuildKit does not trust the certificate of the registry reg.example.com.",
    /authority in a buildkitd\.toml/,
  ],
  [
    "a refusal, whatever the image is called",
    { message: "failed to push ghcr.io/acme/certificate-api:1: unexpected status from POST request: 403 Forbidden" },
    "The image could not be pushed: the registry ghcr.io does not allow it.",
  ],
  [
    "a base image that does not exist, whatever it is called",
    {
      name: "[internal] load metadata for docker.io/acme/certificate-base:401",
      message: "docker.io/acme/certificate-base:401: not found",
    },
    "The base image docker.io/acme/certificate-base:401 does not exist.",
  ],
  [
    "a registry that has had enough",
    {
      name: "[internal] load metadata for docker.io/library/alpine:3",
      message:
        "failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/alpine/manifests/sha256:1: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
    },
    "The base image docker.io/library/alpine:3 could not be pulled: the registry docker.io has answered too many requests; its limit is reached.",
    /docker login docker\.io/,
  ],
  [
    "a registry that is not well",
    { message: "failed to push reg.example.com/app:1: unexpected status from PUT request: 503 Service Unavailable" },
    "The image could not be pushed: the registry reg.example.com has a problem of its own.",
    /in a while/,
  ],
  [
    "a file that is not in the build context",
    {
      name: "[linux/amd64 2/3] COPY nothere.txt /x",
      message: 'failed to calculate checksum of ref abc::def: "/nothere.txt": not found',
    },
    "nothere.txt is not in the build context.",
    /\.dockerignore/,
  ],
  [
    "a disk that is full",
    {
      name: "exporting to client directory",
      message: "error from receiver: write /home/me/out/large: no space left on device",
    },
    "The output could not be written: the disk is full.",
    /Make room/,
  ],
  [
    "an output folder one may not write to",
    { name: "exporting to client directory", message: "error from receiver: mkdir /out: permission denied" },
    "The output could not be written: you may not write there.",
    /^Choose another folder/,
  ],
  [
    "a file that is not in the other stage",
    {
      name: "[linux/amd64 2/3] COPY --from=build /app /app",
      message: 'failed to calculate checksum of ref abc: "/app": not found',
    },
    "/app is not in the stage or image that it is copied from.",
  ],
];

describe("causeOf", () => {
  for (const [name, failure, what, advice] of cases)
    it(`tells ${name}`, () => {
      const cause = causeOf(failure);
      assert.equal(cause?.what, what);
      if (advice) assert.match(cause?.advice ?? "", advice);
    });

  it("leaves others to their own words", () => {
    assert.equal(causeOf({ name: "[1/1] RUN x", message: "process x did not complete: exit code: 1" }), undefined);
  });
});

describe("isOutputRefused", () => {
  it("is said of an export that has only seen buildx go, as on a full disk", () => {
    assert.equal(isOutputRefused({ name: "exporting to client directory", message: "EOF" }), true);
    assert.equal(
      isOutputRefused({ name: "exporting to client tarball", message: "failed to send stat ls: EOF" }),
      true,
    );
    assert.equal(isOutputRefused({ name: "[internal] load build context", message: "EOF" }), false);
    assert.equal(isOutputRefused({ name: "exporting to client directory", message: "no space left" }), false);
  });
});

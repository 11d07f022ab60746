import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "./labError.ts";
import { noteUndo, readIfThere } from "./ledger.ts";
import type { LabNode } from "./nodes.ts";
import { packageDir } from "./paths.ts";
import { runTool } from "./processes.ts";

const binfmt = "/proc/sys/fs/binfmt_misc";
const entry = join(binfmt, "qemu-aarch64");

/**
 * Lets the kernel run arm64 programs through qemu. With flag F the interpreter is opened now, at registration, and so
 * is found inside any container; without it BuildKit's containers would not have it.
 */
export async function registerEmulator(): Promise<void> {
  if (!existsSync(join(binfmt, "register"))) {
    noteUndo("umount", binfmt);
    await runTool("mount", ["-t", "binfmt_misc", "binfmt_misc", binfmt]);
  }
  const present = readIfThere(entry);
  if (/^flags:.*F/m.test(present)) {
    return;
  }
  if (present !== "") {
    throw new LabError(
      "qemu-aarch64 is registered in binfmt_misc without flag F, so containers cannot use it. " +
        `Remove it (echo -1 > ${entry}) and run this again.`,
    );
  }
  const qemu = join(packageDir, "qemu-user-static/usr");
  const format = readFileSync(join(qemu, "share/binfmts/qemu-aarch64"), "utf8");
  const field = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(format)?.[1] ?? "";
  noteUndo("unregister", entry);
  const interpreter = join(qemu, "bin/qemu-aarch64-static");
  writeFileSync(join(binfmt, "register"), `:qemu-aarch64:M:0:${field("magic")}:${field("mask")}:${interpreter}:FP`);
}

/**
 * Makes the node's bridge with its addresses. Without a hardware address of its own a bridge takes that of a pod, and
 * another one when that pod goes: what the others then send to their gateway is lost for up to a minute and more.
 */
export async function addBridge({ bridge, address }: LabNode): Promise<void> {
  noteUndo("bridge", bridge);
  await ip("link", "add", bridge, "address", hardwareAddress(address), "type", "bridge");
  await ip("addr", "add", `${address}/24`, "dev", bridge);
  await ip("link", "set", bridge, "up");
}

/** A locally administered one, made of the IPv4 address. */
function hardwareAddress(address: string): string {
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return ["02", "00", ...bytes].join(":");
}

function ip(...args: readonly string[]) {
  return runTool("ip", args);
}

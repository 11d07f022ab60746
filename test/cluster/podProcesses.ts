import { readdirSync, readFileSync } from "node:fs";
import { LabError } from "./labError.ts";
import { kubectl } from "./processes.ts";

/** Kills the pod's buildkitd, as the system does when memory runs out. */
export async function killBuildkitd(pod: string, namespace: string): Promise<void> {
  const daemons = (await processesOf(pod, namespace)).filter(({ name }) => name === "buildkitd");
  const [daemon] = daemons;
  if (!daemon || daemons.length > 1) throw new LabError(`The pod ${pod} runs ${daemons.length} buildkitd.`);
  process.kill(daemon.pid, "SIGKILL");
}

/** What runs in a pod's container on this machine, but for what BuildKit has put into cgroups of its own. */
async function processesOf(
  pod: string,
  namespace: string,
): Promise<readonly { readonly pid: number; readonly name: string }[]> {
  const path = "jsonpath={.status.containerStatuses[0].containerID}";
  const { stdout } = await kubectl("get", "pod", pod, "-n", namespace, "-o", path);
  const container = stdout.replace("containerd://", "");
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && container !== "" && textOf(pid, "cgroup").includes(container))
    .map((pid) => ({ pid: Number(pid), name: textOf(pid, "comm").trim() }));
}

function textOf(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it has ended
  }
}

import { StringDecoder } from "node:string_decoder";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { messageOf, UserError } from "../errors.ts";
import { t } from "../l10n.ts";
import { type Stanza, textIn } from "./kubeconfigFile.ts";
import { isRecord, parseJson } from "../json.ts";

/** What an exec plugin has handed out. */
export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: string;
  readonly key?: string;
  /** When it ends, as the plugin says; absent: it says nothing. */
  readonly expiresMs?: number;
}

/** People may have to sign in in a browser meanwhile; kubelogin gives them as long. */
const defaultTimeoutMs = 180_000;
/** How long its streams may stay open after its end. */
const lingerMs = 200;
const protocol = "client.authentication.k8s.io/";

/** What a plugin is run with. */
export interface PluginOptions {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Called with all that it has printed for its user so far, such as an address to sign in at. */
  readonly onPrinted?: (text: string) => void;
}

/** What helps where a plugin needs its user. */
export function signInByKubectl(): string {
  return t("Run any kubectl command in a terminal once: it signs in again.");
}

/**
 * Runs the plugin of a user's `exec` entry, by the protocol `client.authentication.k8s.io`. Never interactive: the
 * plugin gets no terminal.
 *
 * @throws {UserError} the plugin is missing, fails (with what it printed), answers nonsense, or takes too long
 */
export async function runExecPlugin(
  exec: Stanza,
  cluster: Stanza,
  { env, signal, timeoutMs = defaultTimeoutMs, onPrinted }: PluginOptions,
): Promise<ExecCredential> {
  const command = textIn(exec, "command");
  const apiVersion = textIn(exec, "apiVersion");
  if (command === undefined || apiVersion === undefined) {
    throw new UserError(t("The user's exec entry in the kubeconfig names no command or no apiVersion."), {
      action: "openKubeconfig",
    });
  }
  if (exec["interactiveMode"] === "Always") {
    throw new UserError(t("Signing in to the cluster with {0} needs a terminal.", command), {
      remedy: t("Sign in with kubectl in a terminal, or use a user entry that needs none."),
    });
  }
  // execa finds what Windows needs to start scripts, too.
  const child = execa(command, stringsOf(exec["args"]), {
    env: pluginEnv(exec, cluster, apiVersion, env),
    extendEnv: false,
    stdin: "ignore",
    timeout: timeoutMs,
    cancelSignal: signal,
    reject: false,
    windowsHide: true,
  });
  // A browser that it has opened may keep its streams open long after its end.
  child.nodeChildProcess.once("exit", () => {
    setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), lingerMs).unref();
  });
  const decoder = new StringDecoder("utf8");
  let printed = "";
  child.stderr.on("data", (chunk: Buffer) => {
    printed += decoder.write(chunk);
    onPrinted?.(lastLines(printed));
  });
  const result = await child;
  signal?.throwIfAborted();
  if (result.timedOut) throw tooSlow(command, timeoutMs, lastLines(printed));
  if (child.pid === undefined) throw notStarted(command, exec, result.cause ?? result.shortMessage);
  if (result.exitCode !== 0) {
    // Never what stands on stdout: that is where the credentials are.
    const reason = lastLines(printed) || t("It gave no reason.");
    const what = t("Signing in to the cluster with {0} failed: {1}", command, reason);
    throw new UserError(what, { remedy: signInByKubectl() });
  }
  return parseCredential(result.stdout, command, apiVersion);
}

function pluginEnv(
  exec: Stanza,
  cluster: Stanza,
  apiVersion: string,
  env: Readonly<NodeJS.ProcessEnv>,
): Record<string, string | undefined> {
  const spec = { interactive: false, cluster: exec["provideClusterInfo"] === true ? clusterInfo(cluster) : undefined };
  const own = (Array.isArray(exec["env"]) ? exec["env"] : []).flatMap((entry: unknown) =>
    isRecord(entry) && textIn(entry, "name") !== undefined
      ? [[textIn(entry, "name"), textIn(entry, "value") ?? ""]]
      : [],
  );
  return {
    ...env,
    ...Object.fromEntries(own),
    KUBERNETES_EXEC_INFO: JSON.stringify({ kind: "ExecCredential", apiVersion, spec }),
  };
}

function clusterInfo(cluster: Stanza): Stanza {
  const extensions = Array.isArray(cluster["extensions"]) ? cluster["extensions"] : [];
  const own = extensions.find(
    (entry: unknown) => isRecord(entry) && entry["name"] === "client.authentication.k8s.io/exec",
  );
  const { extensions: _, ...rest } = cluster;
  return { ...rest, config: isRecord(own) ? own["extension"] : undefined };
}

function parseCredential(stdout: string, command: string, apiVersion: string): ExecCredential {
  const answer = parseJson(stdout);
  const status = isRecord(answer) ? answer["status"] : undefined;
  if (!isRecord(answer) || answer["kind"] !== "ExecCredential" || !isRecord(status)) {
    throw new UserError(t("{0} did not answer with credentials for the cluster.", command));
  }
  const given = textIn(answer, "apiVersion");
  if (given !== apiVersion && given?.startsWith(protocol)) {
    throw new UserError(t("{0} answered in {1}, but the kubeconfig asks for {2}.", command, given, apiVersion), {
      remedy: t("Set the apiVersion of the user's exec entry to the one that the plugin speaks."),
      action: "openKubeconfig",
    });
  }
  const expires = Date.parse(textIn(status, "expirationTimestamp") ?? "");
  const token = textIn(status, "token");
  const certificate = textIn(status, "clientCertificateData");
  if (token === undefined && certificate === undefined) {
    throw new UserError(t("{0} answered without a token or a certificate for the cluster.", command));
  }
  return {
    token,
    certificate,
    key: textIn(status, "clientKeyData"),
    expiresMs: Number.isNaN(expires) ? undefined : expires,
  };
}

function notStarted(command: string, exec: Stanza, error: unknown): UserError {
  const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
  const what = isMissing
    ? t("Signing in to the cluster needs {0}, which is not installed or not in the editor's PATH.", command)
    : t("Signing in to the cluster with {0} failed: {1}", command, messageOf(error));
  return new UserError(what, {
    remedy: isMissing ? textIn(exec, "installHint")?.trim() : undefined,
    cause: error,
  });
}

function tooSlow(command: string, timeoutMs: number, printed: string): UserError {
  const seconds = Math.round(timeoutMs / 1000);
  return new UserError(
    printed === ""
      ? t("Signing in to the cluster with {0} took longer than {1} seconds.", command, seconds)
      : t("Signing in to the cluster with {0} took longer than {1} seconds. It said: {2}", command, seconds, printed),
    { remedy: signInByKubectl(), action: "refresh" },
  );
}

/** What a plugin has printed last, as it would stand on a terminal: in whole lines, for an address must stay whole. */
function lastLines(printed: string): string {
  const lines = stripVTControlCharacters(printed).trim().split("\n");
  return lines
    .slice(-mostLines)
    .map((line) => line.trimEnd().split("\r").at(-1)?.slice(0, longestLine))
    .join("\n");
}

const mostLines = 20;
const longestLine = 4_000;

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

import { readFile } from "node:fs/promises";
import { untilAborted } from "../abort.ts";
import { messageOf, UserError } from "../errors.ts";
import { Emitter, type Event } from "../event.ts";
import { t } from "../l10n.ts";
import { type ExecCredential, runExecPlugin, signInByKubectl } from "./execPlugin.ts";
import type { ClusterAccess } from "./kubeconfig.ts";
import { type Stanza, textIn } from "./kubeconfigFile.ts";
import { isRecord } from "../json.ts";

/** What one request needs to be let in. Holds secrets: never log it. */
export interface Credentials {
  /** Value of the `Authorization` header. */
  readonly authorization?: string;
  /** Other headers: impersonation. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly certificate?: string | Buffer;
  readonly key?: string | Buffer;
}

/** A credential is renewed this long before its end, so that it does not end on the way. */
const renewBeforeMs = 10_000;

/**
 * A server that refuses what a plugin gives will most often refuse the next, too. One that took its time may have opened
 * a browser: people must not get one every half minute.
 */
const leastPatienceMs = 30_000;
const mostPatienceMs = 600_000;

/** A plugin that has not answered by then may be waiting for its user. */
const patienceWithPluginMs = 2_000;

/**
 * The credentials of a kubeconfig user: client certificate, token, token file, user name and password, exec plugin, or
 * the ID token of an OIDC auth provider. A plugin runs once for all who ask at the same time, and again when its
 * answer has expired or was refused, see {@link renew}.
 */
export class CredentialSource {
  readonly #access: ClusterAccess;
  readonly #env: Readonly<NodeJS.ProcessEnv>;
  #exec: Promise<ExecCredential> | undefined;
  /** What a plugin has answered last, unless that was refused. */
  #answer: ExecCredential | undefined;
  /** The plugin's answer that credentials were made of. */
  readonly #origins = new WeakMap<Credentials, ExecCredential>();
  /** Before this time (epoch) a plugin is not run because its answer was refused. */
  #patientUntilMs = 0;
  #tookMs = 0;
  #waitsFor: string | undefined;
  readonly #waiting = new Emitter<void>();

  /** Fires when {@link waitsFor} has changed. */
  readonly onDidChangeWaiting: Event<void> = this.#waiting.event;

  constructor(access: ClusterAccess, env: Readonly<NodeJS.ProcessEnv>) {
    this.#access = access;
    this.#env = env;
  }

  /** What a plugin is waiting for that takes its time, in its own words where it has any; a sentence. */
  get waitsFor(): string | undefined {
    return this.#waitsFor;
  }

  /**
   * Takes note that the server has refused these credentials (401).
   *
   * @returns whether {@link get} may give others now, so that a second try is worth it
   */
  renew(refused: Credentials): boolean {
    if (textIn(this.#access.user, "tokenFile") !== undefined) return true;
    const origin = this.#origins.get(refused);
    if (!origin) return false;
    // Others who were refused, too, may have had it renewed meanwhile.
    if (origin !== this.#answer) return true;
    if (Date.now() < this.#patientUntilMs) return false;
    this.#patientUntilMs = Date.now() + Math.max(leastPatienceMs, Math.min(mostPatienceMs, 20 * this.#tookMs));
    this.#exec = undefined;
    this.#answer = undefined;
    return true;
  }

  /** Takes note that the server has let somebody in. */
  accepted(): void {
    this.#patientUntilMs = 0;
  }

  /** @throws {UserError} a file cannot be read, a plugin fails, a sign-in has expired */
  async get(signal: AbortSignal | undefined): Promise<Credentials> {
    const { user } = this.#access;
    const authorization = await staticAuthorization(user);
    // As in client-go: what stands in the kubeconfig wins, the plugin is not even run.
    const answer =
      isRecord(user["exec"]) && authorization === undefined
        ? await this.#execCredential(user["exec"], signal)
        : undefined;
    const exec = answer ?? {};
    const credentials = {
      authorization: authorization ?? (exec.token === undefined ? undefined : `Bearer ${exec.token}`),
      headers: impersonation(user),
      certificate: exec.certificate ?? (await dataOrFile(user, "client-certificate")),
      key: exec.key ?? (await dataOrFile(user, "client-key")),
    };
    if (answer) this.#origins.set(credentials, answer);
    return credentials;
  }

  async #execCredential(exec: Stanza, signal: AbortSignal | undefined): Promise<ExecCredential> {
    const running = this.#exec;
    if (running) {
      const { expiresMs = Infinity } = await untilAborted(running, signal);
      if (expiresMs - renewBeforeMs > Date.now()) return running;
      if (this.#exec === running) {
        this.#exec = undefined;
        this.#answer = undefined;
      }
    }
    // Without the caller's signal: others may be waiting for the same answer.
    this.#exec ??= this.#run(exec);
    return untilAborted(this.#exec, signal);
  }

  async #run(exec: Stanza): Promise<ExecCredential> {
    const startedMs = Date.now();
    let printed = "";
    const tell = (): void => this.#setWaitsFor(waitingText(textIn(exec, "command") ?? "", printed));
    const timer = setTimeout(tell, patienceWithPluginMs);
    const onPrinted = (text: string): void => {
      printed = text;
      if (this.#waitsFor !== undefined) tell();
    };
    try {
      this.#answer = await runExecPlugin(exec, this.#access.cluster, { env: this.#env, onPrinted });
      return this.#answer;
    } catch (error) {
      this.#exec = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
      this.#setWaitsFor(undefined);
      this.#tookMs = Date.now() - startedMs;
    }
  }

  #setWaitsFor(text: string | undefined): void {
    if (text === this.#waitsFor) return;
    this.#waitsFor = text;
    this.#waiting.fire();
  }
}

function waitingText(command: string, printed: string): string {
  return printed === ""
    ? t("Waiting for {0} to sign in to the cluster.", command)
    : t("Signing in to the cluster with {0}: {1}", command, printed);
}

/**
 * What must be read into TLS options from a key that exists as `KEY-data` (base64) and as `KEY` (a file).
 *
 * @throws {UserError} when the file cannot be read
 */
export async function dataOrFile(stanza: Stanza, key: string): Promise<Buffer | undefined> {
  const data = textIn(stanza, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, "base64");
  const file = textIn(stanza, key);
  return file === undefined ? undefined : readNamed(file);
}

async function staticAuthorization(user: Stanza): Promise<string | undefined> {
  const tokenFile = textIn(user, "tokenFile");
  if (tokenFile !== undefined) return `Bearer ${String(await readNamed(tokenFile)).trim()}`;
  const token = textIn(user, "token");
  if (token !== undefined) return `Bearer ${token}`;
  const name = textIn(user, "username");
  if (name !== undefined) {
    return `Basic ${Buffer.from(`${name}:${textIn(user, "password") ?? ""}`).toString("base64")}`;
  }
  return isRecord(user["auth-provider"]) ? `Bearer ${authProviderToken(user["auth-provider"])}` : undefined;
}

/**
 * Tokens of an auth provider are used, never renewed: an identity provider may take back the old refresh token when
 * it hands out a new one, and only kubectl writes that into the user's kubeconfig.
 */
function authProviderToken(provider: Stanza): string {
  const config = isRecord(provider["config"]) ? provider["config"] : {};
  const name = textIn(provider, "name") ?? "";
  const token = textIn(config, "id-token");
  if (name !== "oidc") {
    throw new UserError(t('The auth provider "{0}" of the kubeconfig is no longer supported.', name), {
      remedy: t("Use its exec plugin, as kubectl and buildx need it too."),
      action: "openKubeconfig",
    });
  }
  if (token === undefined || expiryOf(token) < Date.now()) {
    throw new UserError(t("The sign-in to the cluster has expired."), {
      remedy: signInByKubectl(),
      action: "refresh",
    });
  }
  return token;
}

function expiryOf(jsonWebToken: string): number {
  const payload = Buffer.from(jsonWebToken.split(".")[1] ?? "", "base64url").toString();
  const match = /"exp"\s*:\s*(\d+)/.exec(payload);
  return match ? Number(match[1]) * 1000 : Infinity;
}

function impersonation(user: Stanza): Record<string, string | string[]> {
  const name = textIn(user, "as");
  const uid = textIn(user, "as-uid");
  if (name === undefined) return {};
  const groups = Array.isArray(user["as-groups"]) ? user["as-groups"].map(String) : [];
  const extra = isRecord(user["as-user-extra"]) ? user["as-user-extra"] : {};
  return {
    "impersonate-user": name,
    ...(uid === undefined ? {} : { "impersonate-uid": uid }),
    ...(groups.length > 0 ? { "impersonate-group": groups } : {}),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
        (Array.isArray(values) ? values : [values]).map(String),
      ]),
    ),
  };
}

async function readNamed(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    const what = t("The kubeconfig names a file that cannot be read: {0}", messageOf(error));
    throw new UserError(what, { action: "openKubeconfig", cause: error });
  });
}

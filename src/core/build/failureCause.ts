import { t } from "../l10n.ts";
import type { Platform } from "../platform.ts";

/** What has failed, as BuildKit tells it. */
export interface ToldFailure {
  /** The vertex's name; absent for what is no step. */
  readonly name?: string;
  readonly message: string;
  readonly platform?: Platform;
}

/** The same in the user's words. */
export interface Cause {
  /** What failed and why, as a sentence. */
  readonly what: string;
  /** What to do about it, as a sentence. */
  readonly advice?: string;
  /** True when it is no matter of the platform that has failed first. */
  readonly isOfAllPlatforms: boolean;
}

/** Finds the true cause of failures that many builds have; undefined for others, whose own words must do. */
export function causeOf(failure: ToldFailure): Cause | undefined {
  return (
    baseImageCause(failure) ??
    pushCause(failure) ??
    missingFileCause(failure) ??
    missingValueCause(failure) ??
    namespaceCause(failure) ??
    outputCause(failure)
  );
}

/** What keeps files from being written on this machine. */
export type DiskProblem = "full" | "readOnly" | "forbidden";

function outputCause({ name = "", message }: ToldFailure): Cause | undefined {
  if (!name.includes("exporting to client")) return undefined;
  const problem = diskPatterns.find(([pattern]) => pattern.test(message))?.[1];
  return problem && unwritableOutput(problem);
}

/** The cause of an output that cannot be written. */
export function unwritableOutput(problem: DiskProblem): Cause {
  return {
    what: t("The output could not be written: {0}", diskTexts[problem]()),
    advice:
      problem === "full"
        ? t("Make room or choose another folder, then build again: the steps come from the cache.")
        : t("Choose another folder, then build again: the steps come from the cache."),
    isOfAllPlatforms: true,
  };
}

/**
 * True where BuildKit has only seen that buildx takes no more files: what buildx met on this machine then stands
 * nowhere, as the two errors race each other.
 */
export function isOutputRefused({ name = "", message }: ToldFailure): boolean {
  return name.includes("exporting to client") && /(?:^|: )EOF$/.test(message);
}

const diskPatterns: readonly (readonly [RegExp, DiskProblem])[] = [
  [/no space left on device|disk quota exceeded/, "full"],
  [/read-only file system/, "readOnly"],
  [/permission denied|operation not permitted/, "forbidden"],
];

const diskTexts: Readonly<Record<DiskProblem, () => string>> = {
  full: () => t("the disk is full."),
  readOnly: () => t("its disk is read-only."),
  forbidden: () => t("you may not write there."),
};

function baseImageCause({ name = "", message, platform }: ToldFailure): Cause | undefined {
  const reference = /\] load metadata for (\S+)$/.exec(name)?.[1];
  if (reference === undefined) return undefined;
  const cause = (what: string, advice?: string, isOfAllPlatforms = true): Cause => ({ what, advice, isOfAllPlatforms });
  if (/no match for platform in manifest/.test(message)) {
    const what =
      platform === undefined
        ? t("The base image {0} is not there for this platform.", reference)
        : t("The base image {0} is not there for {1}.", reference, platform);
    return cause(what, t("Take another base image, or build without this platform."), false);
  }
  const access = accessProblem(reference, message);
  // A name without a registry and a tag may be meant for a stage.
  const bare = /^docker\.io\/library\/([^:/@]+)(?::latest)?$/.exec(reference)?.[1];
  const stage = bare === undefined ? "" : t("If a stage is meant: this Dockerfile has none called {0}.", bare);
  if (access) {
    const what = t("The base image {0} could not be pulled: {1}", reference, access.why);
    return cause(what, [stage, access.advice].filter(Boolean).join(" "));
  }
  if (message.endsWith(": not found"))
    return cause(t("The base image {0} does not exist.", reference), t("Look for a typing error in its name or tag."));
  return cause(t("The base image {0} could not be read.", reference));
}

/** buildx makes what a builder lacks, but no namespace. */
function namespaceCause({ message }: ToldFailure): Cause | undefined {
  const namespace = /: namespaces "([^"]+)" not found$/.exec(message)?.[1];
  return namespace === undefined ? undefined : goneNamespace(namespace);
}

/** The cause of a builder whose namespace was deleted. */
export function goneNamespace(namespace: string): Required<Cause> {
  return {
    what: t("The namespace {0} of the builder is gone.", namespace),
    advice: t("Remove the builder and create it anew."),
    isOfAllPlatforms: true,
  };
}

/** What the Dockerfile asks for and the build was not given. */
function missingValueCause({ message }: ToldFailure): Cause | undefined {
  const secret = /(?:^|: )secret ([^\s:]+): not found$/.exec(message)?.[1];
  const argument = /base name \(\$\{?(\w+)[^)]*\) should not be blank/.exec(message)?.[1];
  const advice = (flag: string): string => t("Give it in the setting multiArchBuilds.build.arguments: {0}", flag);
  if (secret !== undefined)
    return {
      what: t("The build was not given the secret {0}.", secret),
      advice: advice(`--secret=id=${secret},src=FILE`),
      isOfAllPlatforms: true,
    };
  if (argument !== undefined)
    return {
      what: t("The name of a base image is empty: the build argument {0} has no value.", argument),
      advice: advice(`--build-arg=${argument}=VALUE`),
      isOfAllPlatforms: true,
    };
  return undefined;
}

function pushCause({ message }: ToldFailure): Cause | undefined {
  const reference = /^failed to push ([^\s:]+(?::\d+)?[^\s:]*(?::[^\s:]+)?): /.exec(message)?.[1];
  if (reference === undefined) return undefined;
  const access = accessProblem(reference, message);
  const what = access
    ? t("The image could not be pushed: {0}", access.why)
    : t("The image could not be pushed to {0}.", hostOf(reference));
  return { what, advice: access?.advice, isOfAllPlatforms: true };
}

/** Why a registry gives nothing and takes nothing. */
function accessProblem(
  reference: string,
  whole: string,
): { readonly why: string; readonly advice: string } | undefined {
  const host = hostOf(reference);
  // The image's own name may hold any word.
  const message = whole.replaceAll(reference, "").replaceAll(/https?:\/\/[^\s"]+/g, "");
  if (/\b429\b|toomanyrequests|too many requests|pull rate limit/i.test(message)) {
    return {
      why: t("the registry {0} has answered too many requests; its limit is reached.", host),
      advice: t("Wait a while, or sign in with `docker login {0}`, which often has a higher limit.", host),
    };
  }
  if (/\b50[0-4]\b|TLS handshake timeout/i.test(message)) {
    return {
      why: t("the registry {0} has a problem of its own.", host),
      advice: t("Build again in a while: what was finished is in the cache."),
    };
  }
  if (/server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/.test(message)) {
    return {
      why: t("the registry {0} speaks plain http.", host),
      advice: t("Name it as such in a buildkitd.toml (see the settings), and create the builder with that."),
    };
  }
  if (/x509|certificate|tls: /.test(message)) {
    return {
      why: t("BuildKit does not trust the certificate of the registry {0}.", host),
      advice: t("Give its authority in a buildkitd.toml (see the settings), and create the builder with that."),
    };
  }
  if (/\b401\b|\b403\b|unauthorized|denied|insufficient_scope|authentication required/i.test(message)) {
    return {
      why: t("the registry {0} does not allow it.", host),
      advice: t("Sign in with `docker login {0}`, with an account that has the right.", host),
    };
  }
  if (/no such host|dial tcp|connection refused|i\/o timeout|network is unreachable|no route to host/.test(message)) {
    return {
      why: t("the registry {0} was not reached from the builder’s pods.", host),
      advice: t("Look whether its name is right and whether the cluster may reach it."),
    };
  }
  return undefined;
}

function missingFileCause({ name = "", message }: ToldFailure): Cause | undefined {
  const file = /failed to calculate checksum of ref \S+: "([^"]+)": not found/.exec(message)?.[1];
  if (file === undefined) return undefined;
  if (!/ --from=/.test(name)) return missingFromContext(file);
  return {
    what: t("{0} is not in the stage or image that it is copied from.", file),
    advice: t("Look at what that stage makes."),
    isOfAllPlatforms: false,
  };
}

/** The cause of a file that `ADD` or `COPY` does not find. */
export function missingFromContext(file: string): Cause {
  return {
    what: t("{0} is not in the build context.", file.replace(/^\//, "")),
    advice: t("ADD and COPY see the files of the build context’s folder, without those that .dockerignore leaves out."),
    isOfAllPlatforms: true,
  };
}

/** The registry of an image: `docker.io` where none is named. */
function hostOf(reference: string): string {
  const [first = ""] = reference.split("/");
  return reference.includes("/") && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

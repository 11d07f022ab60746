import { t } from "../l10n.ts";

/**
 * What is wrong with the name of a new builder on Kubernetes, as a sentence; undefined when it is fine. Stricter than
 * buildx, because the name is also the beginning of the names of its Deployments.
 */
export function validateBuilderName(name: string): string | undefined {
  if (name === "") return t("Enter a name for the builder.");
  if (name === "default") return t("“default” is the name of Docker’s own builder.");
  if (!/^[a-z]/.test(name)) return t("The name must begin with a lower-case letter.");
  if (!/^[a-z0-9-]+$/.test(name)) return t("The name may hold lower-case letters, digits and hyphens only.");
  if (name.endsWith("-")) return t("The name must not end with a hyphen.");
  if (name.length > maxBuilderNameLength)
    return t("The name may be {0} characters long at most.", maxBuilderNameLength);
  return undefined;
}

/** Leaves room for `-ARCH` in the 52 characters that the name of a StatefulSet may have. */
const maxBuilderNameLength = 40;

/**
 * What is wrong with the reference of an image that is to be pushed, as a sentence; undefined when it is fine.
 * The grammar is that of github.com/distribution/reference.
 */
export function validateImageReference(reference: string): string | undefined {
  if (reference === "") return t("Enter an image name, for example registry.example.com/team/app:1.0.");
  if (/\s/.test(reference)) return t("An image name has no spaces.");
  if (reference.includes("://"))
    return t("Leave out “{0}”: an image name begins with the registry’s host.", schemeOf(reference));
  if (reference.includes("@")) return t("An image is pushed under a tag, not under a digest.");
  const { host, path, tag } = splitReference(reference);
  if (host !== undefined && !hostPattern.test(host)) return t("“{0}” is no host name.", host);
  if (path === "") return t("After the registry’s host comes the image’s name.");
  if (path !== path.toLowerCase()) return t("An image name is written in lower case: {0}", path.toLowerCase());
  const badPart = path.split("/").find((part) => !pathPartPattern.test(part));
  if (badPart !== undefined)
    return badPart === ""
      ? t("An image name has no empty part between slashes.")
      : t("“{0}” cannot be part of an image name.", badPart);
  if (tag !== undefined && !tagPattern.test(tag)) {
    return tag === ""
      ? t("After the colon comes the tag.")
      : t("“{0}” is no tag: letters, digits, “_”, “.” and “-” only, 128 at most.", tag);
  }
  return undefined;
}

const hostPattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d+)?$/;
const pathPartPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;

function schemeOf(reference: string): string {
  return reference.slice(0, reference.indexOf("://") + 3);
}

function splitReference(reference: string): { host: string | undefined; path: string; tag: string | undefined } {
  const firstPart = reference.split("/", 1)[0] ?? "";
  const hasHost = reference.includes("/") && (/[.:[]/.test(firstPart) || firstPart === "localhost");
  const rest = hasHost ? reference.slice(firstPart.length + 1) : reference;
  const colon = rest.indexOf(":", rest.lastIndexOf("/"));
  return {
    host: hasHost ? firstPart : undefined,
    path: colon < 0 ? rest : rest.slice(0, colon),
    tag: colon < 0 ? undefined : rest.slice(colon + 1),
  };
}

import type { Builder, BuilderNode } from "../buildx/builder.ts";
import { t } from "../l10n.ts";
import type { Platform } from "../platform.ts";

/** Which node of a builder will build a platform. */
export type PlannedPlatform =
  /** The node declares exactly this platform: buildx sends it there and nowhere else. */
  | { readonly kind: "declared"; readonly platform: Platform; readonly builderNode: BuilderNode }
  /** buildx will ask the workers and may choose one that emulates the platform; `reason` says so in words. */
  | {
      readonly kind: "undeclared";
      readonly platform: Platform;
      /** Present when there is no choice. */
      readonly builderNode?: BuilderNode;
      readonly reason: string;
    };

/** What buildx will do with the platforms of a build, in the order of the request. */
export interface BuildPlan {
  readonly builder: string;
  readonly platforms: readonly PlannedPlatform[];
  /** True when more than one builder node takes part, as far as that can be known before the build. */
  readonly isMultiNode: boolean;
}

/**
 * Foretells buildx's choice of nodes by the rule of its resolver (`build/resolver/driver.go`): when every platform is
 * declared by some node, the first such node is used for each. When one is not, buildx asks all workers what they can
 * run, emulation included, and chooses anew for all platforms; what nobody can run goes to the first node.
 */
export function planBuild(builder: Builder, platforms: readonly Platform[]): BuildPlan {
  const declared = platforms.map((platform) => ({
    platform,
    builderNode: builder.nodes.find((node) => node.platforms.includes(platform)),
  }));
  const onlyNode = builder.nodes.length === 1 ? builder.nodes[0] : undefined;
  const missing = declared.filter(({ builderNode }) => builderNode === undefined).map(({ platform }) => platform);
  const planned = declared.map(({ platform, builderNode }): PlannedPlatform => {
    if (missing.length === 0 && builderNode) return { kind: "declared", platform, builderNode };
    return { kind: "undeclared", platform, builderNode: onlyNode, reason: reasonFor(builder, platform, missing) };
  });
  const nodes = new Set(planned.map(({ builderNode }) => builderNode?.name));
  return { builder: builder.name, platforms: planned, isMultiNode: nodes.size > 1 || nodes.has(undefined) };
}

function reasonFor(builder: Builder, platform: Platform, missing: readonly Platform[]): string {
  const [firstNode] = builder.nodes;
  if (!firstNode) return t("The builder “{0}” has no nodes.", builder.name);
  if (!missing.includes(platform)) {
    return t(
      "Because no node is declared for {0}, buildx may also build {1} by emulation.",
      missing.join(", "),
      platform,
    );
  }
  if (builder.nodes.length === 1) {
    return t(
      "“{0}” is not declared for {1}: it builds it only if it can, perhaps by emulation.",
      firstNode.name,
      platform,
    );
  }
  return t(
    "No node of “{0}” is declared for {1}: buildx takes one that can emulate it, else the first, “{2}”.",
    builder.name,
    platform,
    firstNode.name,
  );
}

import * as vscode from "vscode";
import type { RememberedAnswers } from "../../core/build/answers.ts";
import type { Placement } from "../../core/build/snapshot.ts";
import type { Builder } from "../../core/buildx/builder.ts";
import { isKnownPlatform, normalizePlatform, type Platform } from "../../core/platform.ts";
import { pickMany, type Answer, type Choice, type Choices, type Place } from "../wizard.ts";

/** Asks for the platforms of a build: those of the builder, the native ones ticked, and whatever can be typed. */
export function askPlatforms(
  at: Place,
  builder: Builder,
  placements: Promise<readonly Placement[]>,
  remembered: RememberedAnswers | undefined,
): Promise<Answer<readonly Platform[]>> {
  const load = placements.then((known) => platformChoices(builder, known, remembered));
  const placeholder = vscode.l10n.t("Platforms; others can be typed, for example linux/riscv64");
  return pickMany({ ...at, placeholder, load, typed: typedPlatforms, refuse: refusePlatforms });
}

function platformChoices(
  builder: Builder,
  placements: readonly Placement[],
  remembered: RememberedAnswers | undefined,
): Choices<Platform> {
  const declared = [...new Set(builder.nodes.flatMap((node) => node.platforms))];
  const offered = declared.length > 0 ? declared : ["linux/amd64", "linux/arm64"];
  const choices = offered.map((platform): Choice<Platform> => {
    const placement = placements.find((one) => one.platform === platform);
    return { label: platform, description: placement ? describe(placement) : "", value: platform };
  });
  // Typed in for this builder the last time; another one may well have them declared or not know them at all.
  const typed = remembered?.builder === builder.name ? remembered.platforms : [];
  choices.push(...undeclaredChoices(typed, choices));
  // Of another builder's platforms only those are known that it has.
  const isSame = remembered?.builder === builder.name;
  const kept = choices.filter((choice) => isSame && remembered.platforms.includes(choice.value));
  const native = choices.filter((choice) =>
    placements.some((one) => one.platform === choice.value && one.nativeness !== "emulated"),
  );
  return { choices, selected: kept.length > 0 ? kept : native };
}

/** The platforms of a text that are not offered; ticked, unless the text may be the beginning of one that is. */
function typedPlatforms(text: string, offered: readonly Choice<Platform>[]): readonly Choice<Platform>[] {
  const words = wordsOf(text);
  const named = words.flatMap((word) => platformNamed(word) ?? []);
  const isFilter = words.some((word) => offered.some((choice) => choice.value.startsWith(word)));
  return undeclaredChoices(named, offered).map((choice) => ({ ...choice, picked: !isFilter }));
}

/** What names no platform and finds none of those that are offered, or it would be passed over in silence. */
function refusePlatforms(text: string, offered: readonly Choice<Platform>[]): string | undefined {
  const unknown = wordsOf(text).find(
    (word) => platformNamed(word) === undefined && !offered.some((choice) => choice.value.includes(word)),
  );
  return unknown === undefined
    ? undefined
    : vscode.l10n.t("“{0}” is no platform that BuildKit builds for; write it like linux/riscv64", unknown);
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
}

/** `arm64` means `linux/arm64`. */
function platformNamed(word: string): Platform | undefined {
  const platform = word.includes("/") ? word : `linux/${word}`;
  return isKnownPlatform(platform) ? normalizePlatform(platform) : undefined;
}

/** With a platform that no node is declared for, buildx chooses the nodes anew for all of them (see `planBuild`). */
function undeclaredChoices(
  platforms: readonly Platform[],
  offered: readonly Choice<Platform>[],
): readonly Choice<Platform>[] {
  const description = vscode.l10n.t(
    "no builder node has it: buildx may then build all platforms on one node, emulated",
  );
  return [...new Set(platforms)]
    .filter((platform) => !offered.some((choice) => choice.value === platform))
    .map((platform) => ({ label: platform, description, value: platform, alwaysShow: true }));
}

/** Where a platform is built, in words: `native on kube-a1`. */
function describe({ nativeness, clusterNodes, builderNode }: Placement): string {
  const where = clusterNodes && clusterNodes.length > 0 ? clusterNodes.join(", ") : (builderNode ?? "");
  switch (nativeness) {
    case "native":
      return vscode.l10n.t("native on {0}", where);
    case "emulated":
      return vscode.l10n.t("emulated on {0}", where);
    case "unknown":
      return where;
  }
}

import { DockerfileParser, type Instruction } from "dockerfile-ast";
import { visible } from "../visible.ts";

/** A step's place in the Dockerfile. */
export interface StepLine {
  /** First line of the instruction, 1-based. */
  readonly line: number;
  /** Its last line. */
  readonly lastLine: number;
  /** What stands behind the instruction in the file, on one line. */
  readonly text: string;
}

/**
 * Finds the line of a step by the numbers in its name: `[builder 5/7] RUN …` is stage `builder`, index 5, total 7.
 * Undefined wherever BuildKit may have counted otherwise than this file reads, for example with triggers of a base
 * image (`ONBUILD`): no line is better than a wrong one.
 */
export type LineFinder = (stage: string, index: number, total: number, instruction: string) => StepLine | undefined;

/** Something of a Dockerfile that can be built. */
export interface BuildableStage {
  /** Line of its `FROM`, 1-based. */
  readonly line: number;
  /** Name of the stage; absent for the whole Dockerfile, which stands at the first `FROM`. */
  readonly stage?: string;
}

/** The whole Dockerfile, then those of its stages that have a name and others behind them. */
export function buildableStages(dockerfile: string): readonly BuildableStage[] {
  const stages = readStages(DockerfileParser.parse(dockerfile).getInstructions());
  const [first] = stages;
  if (!first) return [];
  const named = stages.slice(0, -1).filter(({ isNamed }) => isNamed);
  return [{ line: lineOf(first.from) }, ...named.map(({ name, from }) => ({ line: lineOf(from), stage: name }))];
}

/**
 * Counts the steps of a Dockerfile as BuildKit does: the base, when it is an image, and every `ADD`, `COPY`, `RUN` and
 * `WORKDIR`. See `toDispatchState` and `dispatch` in BuildKit's
 * https://github.com/moby/buildkit/blob/v0.34.2/frontend/dockerfile/dockerfile2llb/convert.go
 */
export function lineFinder(dockerfile: string): LineFinder {
  const parsed = DockerfileParser.parse(dockerfile);
  const source = { lines: dockerfile.split(/\r?\n/), escape: parsed.getEscapeCharacter() };
  const stages = readStages(parsed.getInstructions());
  return (stageName, index, total, instruction) => {
    const stage = stageNamed(stageName, stages);
    const step = stage && stepsOf(stage, total)?.[index - 1];
    if (step?.getKeyword() !== instruction) return undefined;
    const lastLine = step.getRange().end.line + 1;
    return { line: lineOf(step), lastLine, text: visible(textOf(step, source)) };
  };
}

interface Stage {
  readonly name: string;
  readonly isNamed: boolean;
  readonly from: Instruction;
  readonly base: "image" | "none" | "unknown";
  readonly commands: Instruction[];
}

function readStages(instructions: readonly Instruction[]): readonly Stage[] {
  const stages: Stage[] = [];
  for (const instruction of instructions) {
    const keyword = instruction.getKeyword();
    if (keyword === "FROM") stages.push(readStage(instruction, stages));
    else if (countedKeywords.has(keyword)) stages.at(-1)?.commands.push(instruction);
  }
  return stages;
}

const countedKeywords = new Set(["ADD", "COPY", "RUN", "WORKDIR"]);

function readStage(from: Instruction, earlier: readonly Stage[]): Stage {
  const [image = "", as = "", name = ""] = from.getArguments().map((argument) => argument.getValue());
  const isNamed = as.toLowerCase() === "as" && name !== "";
  return {
    name: isNamed ? name.toLowerCase() : `stage-${earlier.length}`,
    isNamed,
    from,
    base: baseOf(image, earlier),
    commands: [],
  };
}

function baseOf(image: string, earlier: readonly Stage[]): Stage["base"] {
  if (image.includes("$")) return "unknown";
  const isStage = earlier.some((stage) => stage.name === image.toLowerCase());
  return isStage || image === "scratch" ? "none" : "image";
}

/** BuildKit leaves the name out when there is one stage only. A name that is there twice names none for sure. */
function stageNamed(name: string, stages: readonly Stage[]): Stage | undefined {
  const named = name === "" ? stages : stages.filter((stage) => stage.name === name);
  return named.length === 1 ? named[0] : undefined;
}

/** The instructions in the order of their numbers, when there are as many as BuildKit has counted. */
function stepsOf({ from, base, commands }: Stage, total: number): readonly Instruction[] | undefined {
  if (base !== "none" && total === commands.length + 1) return [from, ...commands];
  if (base !== "image" && total === commands.length) return commands;
  return undefined;
}

function lineOf(instruction: Instruction): number {
  return instruction.getRange().start.line + 1;
}

interface Source {
  readonly lines: readonly string[];
  readonly escape: string;
}

/** Joins continued lines; of a here-document the first line is shown, as BuildKit does. */
function textOf(instruction: Instruction, { lines, escape }: Source): string {
  const { start, end } = instruction.getRange();
  const own = lines.slice(start.line, end.line + 1);
  const parts: string[] = [];
  let at = 0;
  for (let isContinued = true; isContinued && at < own.length; at++) {
    const line = (own[at] ?? "").trim();
    if (at > 0 && (line === "" || line.startsWith("#"))) continue;
    isContinued = line.endsWith(escape);
    parts.push(isContinued ? line.slice(0, -1).trim() : line);
  }
  const text = parts
    .filter(Boolean)
    .join(" ")
    .replace(/^\S+\s*/, "");
  const body = own[at]?.trim();
  return body === undefined ? text : `${text} (${body}…)`;
}

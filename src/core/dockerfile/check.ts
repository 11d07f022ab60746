import { lstat } from "node:fs/promises";
import path from "node:path";
import { Copy, Directive, type Dockerfile, DockerfileParser, type Instruction, Run } from "dockerfile-ast";
import { type ContextSource, isIgnoredFile } from "./dockerignore.ts";

/** What is wrong with a Dockerfile for sure, whatever BuildKit reads it. */
export interface DockerfileProblem {
  readonly kind: "noFrom" | "unknownInstruction" | "unknownStage" | "missingFile" | "tooFewArguments";
  /** The instruction, stage or file that it is about; empty where there is none. */
  readonly subject: string;
  /** 1-based; absent where no line is to blame. */
  readonly line?: number;
}

/** What is to be built. */
export interface CheckedBuild extends ContextSource {
  readonly target?: string | undefined;
  /** What is added to buildx's arguments. */
  readonly args?: readonly string[];
}

/**
 * Finds what would make the build fail for sure, without a builder. What only BuildKit can know (flags, variables,
 * patterns, what other frontends understand) is left to it: nothing that could be built may be refused here.
 */
export async function checkDockerfile(text: string, build: CheckedBuild): Promise<DockerfileProblem | undefined> {
  // Other ways to name a frontend, and here-documents that the parser does not know.
  if (build.args?.some((arg) => arg.startsWith("--build-arg=BUILDKIT_SYNTAX"))) return;
  if (/^\uFEFF?\s*(?:\/\/|\{|#!)/.test(text) || /\d<</.test(text)) return;
  const parsed = DockerfileParser.parse(text);
  const frontend = parsed.getDirectives().find((directive) => directive.getDirective() === Directive.syntax);
  if (frontend && !/^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@]|$)/.test(frontend.getValue())) return;
  const canBeNewer = frontend !== undefined || text.includes("<<");
  const problem = canBeNewer ? undefined : unknownInstruction(parsed);
  if (problem) return problem;
  const stages = readStages(parsed);
  if (stages.length === 0) return { kind: "noFrom", subject: "" };
  const last = build.target === undefined ? stages.at(-1) : stageCalled(build.target, stages);
  if (!last) return { kind: "unknownStage", subject: build.target ?? "" };
  for (const { copies } of neededStages(last, stages)) {
    for (const copy of copies) {
      const found = await copyProblem(copy, build);
      if (found) return found;
    }
  }
  return undefined;
}

const instructions = new Set(
  "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR".split(
    " ",
  ),
);

function unknownInstruction(parsed: Dockerfile): DockerfileProblem | undefined {
  const unknown = parsed.getInstructions().find((instruction) => {
    const keyword = instruction.getKeyword();
    // BuildKit trims characters that the parser takes for a part of the word.
    return /^[A-Z]+$/.test(keyword) && !instructions.has(keyword);
  });
  return unknown && { kind: "unknownInstruction", subject: unknown.getInstruction(), line: lineOf(unknown) };
}

interface Stage {
  readonly name: string;
  /** Names or numbers of what it is made from. */
  readonly sources: string[];
  /** `COPY` and `ADD`. */
  readonly copies: Copy[];
}

function readStages(parsed: Dockerfile): readonly Stage[] {
  const stages: Stage[] = [];
  for (const instruction of parsed.getInstructions()) {
    const own = stages.at(-1);
    if (instruction.getKeyword() === "FROM") {
      const [base = "", , name = ""] = instruction.getArguments().map((argument) => argument.getValue());
      stages.push({ name: name.toLowerCase(), sources: [base.toLowerCase()], copies: [] });
    } else if (instruction instanceof Copy || instruction.getKeyword() === "ADD") {
      const copy = instruction as Copy;
      own?.copies.push(copy);
      own?.sources.push(...flagValues(copy, "from"));
    } else if (instruction instanceof Run) {
      const mounts = instruction.getFlags().filter((flag) => flag.getName() === "mount");
      own?.sources.push(...mounts.flatMap((mount) => mount.getOption("from")?.getValue()?.toLowerCase() ?? []));
    }
  }
  return stages;
}

function flagValues(copy: Copy, name: string): readonly string[] {
  const flags = copy.getFlags().filter((flag) => flag.getName() === name);
  return flags.flatMap((flag) => flag.getValue()?.toLowerCase() ?? []);
}

/** As BuildKit has it: the last stage of that name, else the one of that number. */
function stageCalled(name: string, stages: readonly Stage[]): Stage | undefined {
  const named = stages.findLast((stage) => stage.name === name.toLowerCase());
  return named ?? (/^\d+$/.test(name) ? stages[Number(name)] : undefined);
}

/** The stages that are built for this one, itself included, as far as no variable decides. */
function neededStages(last: Stage, stages: readonly Stage[]): ReadonlySet<Stage> {
  const needed = new Set([last]);
  for (const stage of needed) {
    const earlier = stages.slice(0, stages.indexOf(stage));
    for (const source of stage.sources) {
      const found = stageCalled(source, earlier);
      if (found) needed.add(found);
    }
  }
  return needed;
}

async function copyProblem(copy: Copy, context: ContextSource): Promise<DockerfileProblem | undefined> {
  if (copy.getHeredocs().length > 0) return undefined;
  const words = wordsOf(copy);
  if (!words) return undefined;
  if (words.length < 2) return { kind: "tooFewArguments", subject: copy.getKeyword(), line: lineOf(copy) };
  if (flagValues(copy, "from").length > 0) return undefined;
  for (const source of words.slice(0, -1)) {
    if (isPlainPath(source) && (await isMissing(source, context)))
      return { kind: "missingFile", subject: source, line: lineOf(copy) };
  }
  return undefined;
}

/** Sources and destination; undefined for a list that is not written as one expects. */
function wordsOf(copy: Copy): readonly string[] | undefined {
  if (!copy.getOpeningBracket()) return copy.getArguments().map((argument) => argument.getValue());
  // The parser's own reading of a list leaves out spaces.
  const list = /\[.*\]\s*$/s.exec(copy.getRawArgumentsContent() ?? "")?.[0];
  try {
    const words: unknown = list && JSON.parse(list);
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : undefined;
  } catch {
    return undefined; // continued lines, or no list for BuildKit either
  }
}

/** False for patterns, variables, quotes, addresses and here-documents. */
function isPlainPath(source: string): boolean {
  return !/[*?[\]$"'\\]|:\/\/|^[\w-]+@[\w.-]+:|^<</.test(source);
}

/** True when the file is not there for sure, or left out by `.dockerignore`. */
async function isMissing(source: string, context: ContextSource): Promise<boolean> {
  const parts = path.posix.join("/", source).split("/").filter(Boolean);
  let file = context.buildContext;
  for (const [index, part] of parts.entries()) {
    file = path.join(file, part);
    const stats = await lstat(file).catch((error: NodeJS.ErrnoException) => error.code);
    if (stats === "ENOENT" || stats === "ENOTDIR") return true;
    // What cannot be looked at may be sent all the same; where a link leads in the context is BuildKit's to find out.
    if (typeof stats !== "object" || stats.isSymbolicLink()) return false;
    if (index === parts.length - 1 && stats.isFile()) return isIgnoredFile(file, context);
  }
  return false;
}

function lineOf(instruction: Instruction): number {
  return instruction.getRange().start.line + 1;
}

import * as vscode from "vscode";
import { withoutIcons } from "./messages.ts";

/** One question of a wizard. Answers the value, `"back"`, or undefined when the user gave up. */
export type Answer<T> = T | "back" | undefined;

interface Question {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly placeholder?: string;
}

/** A choice with the value it stands for. */
export interface Choice<T> extends vscode.QuickPickItem {
  readonly value: T;
}

/** Asks for one of some choices; `active` is the one that Enter takes. */
export async function pickOne<T>(
  question: Question & { readonly choices: readonly Choice<T>[]; readonly active?: Choice<T> | undefined },
): Promise<Answer<T>> {
  const picker = vscode.window.createQuickPick<Choice<T>>();
  // Names of files and builders may hold anything.
  const items = question.choices.map((choice) => ({ ...choice, label: withoutIcons(choice.label) }));
  picker.items = items;
  picker.matchOnDescription = true;
  const active = items.filter((_item, index) => question.choices[index] === question.active);
  // Without, the first one is active; with none, Enter would do nothing.
  if (active.length > 0) picker.activeItems = active;
  return ask(picker, question, () => picker.selectedItems[0]?.value);
}

/** Choices of which several can be taken; those in `selected` are ticked at first. */
export interface Choices<T> {
  readonly choices: readonly Choice<T>[];
  readonly selected: readonly Choice<T>[];
  /** Replaces the question's placeholder. */
  readonly placeholder?: string;
}

/**
 * Asks for several choices, which may still have to be found out. An empty answer is not accepted.
 *
 * @param question.typed makes choices of a text that names what is not offered; they are there while the text stands,
 *   and those with `picked` are ticked
 * @param question.refuse says what is wrong with a text, which is then not taken for an answer
 */
export async function pickMany<T>(
  question: Question & {
    readonly load: Promise<Choices<T>>;
    readonly typed?: (text: string, offered: readonly Choice<T>[]) => readonly Choice<T>[];
    readonly refuse?: (text: string, offered: readonly Choice<T>[]) => string | undefined;
  },
): Promise<Answer<readonly T[]>> {
  const picker = vscode.window.createQuickPick<Choice<T>>();
  picker.canSelectMany = true;
  picker.busy = true;
  const loaded = question.load.then(({ choices, selected, placeholder = question.placeholder }) => {
    picker.items = choices;
    picker.selectedItems = selected;
    picker.placeholder = placeholder;
    picker.busy = false;
    picker.onDidChangeValue((text) => {
      const typed = question.typed?.(text, choices) ?? [];
      const taken = picker.selectedItems.filter((choice) => choices.includes(choice));
      // What is ticked stays in sight, or it would be taken unseen.
      for (const choice of choices) choice.alwaysShow = taken.includes(choice);
      picker.items = [...choices, ...typed];
      picker.selectedItems = [...taken, ...typed.filter((choice) => choice.picked)];
    });
    return new Promise<never>(() => undefined); // only its failure ends the question
  });
  const answered = ask(picker, question, () => {
    const problem = question.refuse?.(picker.value, picker.items);
    if (problem !== undefined) {
      // What is wrong can stand only where the text stood.
      picker.value = "";
      picker.placeholder = problem;
      return undefined;
    }
    const values = picker.selectedItems.map((choice) => choice.value);
    if (values.length === 0) picker.placeholder = vscode.l10n.t("Tick at least one");
    return values.length > 0 ? values : undefined;
  });
  try {
    return await Promise.race([answered, loaded]);
  } finally {
    picker.hide();
  }
}

/** What is to be said of a text: what is wrong with it, or what to think of; the latter does not keep from taking it. */
export type Remark = string | { readonly warning: string } | undefined;

/** Asks for a text, and remarks on it while it is typed. */
export async function inputText(
  question: Question & {
    readonly value: string;
    readonly prompt: string;
    readonly validate: (text: string) => Remark | Promise<Remark>;
  },
): Promise<Answer<string>> {
  const input = vscode.window.createInputBox();
  input.value = question.value;
  input.prompt = question.prompt;
  const check = async (): Promise<boolean> => {
    const text = input.value;
    const remark = await question.validate(text);
    // The text may be another one meanwhile, which has a check of its own.
    if (text === input.value) input.validationMessage = shown(remark);
    return typeof remark !== "string";
  };
  const checking = input.onDidChangeValue(() => void check());
  // Nobody is told off for what they have not typed yet.
  if (question.value !== "") void check();
  try {
    return await ask(input, question, async () => ((await check()) ? input.value : undefined));
  } finally {
    checking.dispose();
  }
}

function shown(remark: Remark): vscode.InputBox["validationMessage"] {
  if (typeof remark !== "object") return remark;
  return { message: remark.warning, severity: vscode.InputBoxValidationSeverity.Warning };
}

/** Shows the input until it is accepted with a value, left, or gone back from. */
async function ask<T>(
  input: vscode.QuickInput & {
    placeholder?: string | undefined;
    buttons: readonly vscode.QuickInputButton[];
    readonly onDidAccept: vscode.Event<void>;
    readonly onDidTriggerButton: vscode.Event<vscode.QuickInputButton>;
  },
  question: Question,
  value: () => T | undefined | Promise<T | undefined>,
): Promise<Answer<T>> {
  input.title = question.title;
  input.step = question.step;
  input.totalSteps = question.totalSteps;
  input.placeholder = question.placeholder;
  input.ignoreFocusOut = true;
  if (question.step > 1) input.buttons = [vscode.QuickInputButtons.Back];
  const { promise, resolve } = Promise.withResolvers<Answer<T>>();
  const subscriptions = [
    input.onDidAccept(async () => {
      const answer = await value();
      if (answer !== undefined) resolve(answer);
    }),
    input.onDidTriggerButton(() => resolve("back")),
    input.onDidHide(() => resolve(undefined)),
  ];
  input.show();
  try {
    return await promise;
  } finally {
    for (const subscription of subscriptions) subscription.dispose();
    input.dispose();
  }
}

/** What a question needs to know of its place in the wizard. */
export type Place = Pick<Question, "title" | "step" | "totalSteps">;

/** Asks several questions one after the other; «back» goes to the one before. */
export class Wizard {
  readonly #title: string;
  readonly #questions: (() => Promise<"next" | "back" | undefined>)[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  /** Adds a question; `keep` is called with each answer. */
  add<T extends object | string>(question: (place: Place) => Promise<Answer<T>>, keep: (value: T) => void): void {
    const step = this.#questions.length + 1;
    this.#questions.push(async () => {
      const answer = await question({ title: this.#title, step, totalSteps: this.#questions.length });
      if (answer === undefined) return undefined;
      if (answer === "back") return "back";
      keep(answer);
      return "next";
    });
  }

  /** @returns true when all were answered, false when the user gave up */
  async run(): Promise<boolean> {
    let at = 0;
    while (at < this.#questions.length) {
      const outcome = await this.#questions[at]?.();
      if (outcome === undefined) return false;
      at = Math.max(0, at + (outcome === "next" ? 1 : -1));
    }
    return true;
  }
}

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { highlight, plainText, SgrState, spansOf } from "../../../../media/log/ansi.ts";

const esc = "\u001B[";

const looks = (line: string): string =>
  spansOf(line)
    .map(({ text, className, color, background }) =>
      [text, className, color, background && `on ${background}`].filter(Boolean).join("|"),
    )
    .join(" + ");

describe("spansOf", () => {
  test("plain text is one piece without a look", () => {
    assert.deepEqual(spansOf("plain"), [{ text: "plain", className: "" }]);
    assert.deepEqual(spansOf(""), []);
  });
  const cases = [
    [
      "the sixteen colours of the theme",
      `${esc}31mred${esc}92mlime${esc}0m.`,
      "red|ansi-red-fg + lime|ansi-bright-green-fg + .",
    ],
    [
      "styles add up and end one by one",
      `${esc}1;4ma${esc}24mb${esc}22mc`,
      "a|ansi-bold ansi-underline + b|ansi-bold + c",
    ],
    [
      "256 colours",
      `${esc}38;5;208ma${esc}48;5;236mb${esc}38;5;9mc`,
      "a|rgb(255, 135, 0) + b|rgb(255, 135, 0)|on rgb(48, 48, 48) + c|ansi-bright-red-fg|on rgb(48, 48, 48)",
    ],
    ["true colour", `${esc}38;2;1;2;3ma${esc}39mb`, "a|rgb(1, 2, 3) + b"],
    ["reverse changes places", `${esc}7ma${esc}31mb`, "a|ansi-back-fg ansi-front-bg + b|ansi-red-bg ansi-back-fg"],
    ["an empty code resets", `${esc}31ma${esc}mb`, "a|ansi-red-fg + b"],
  ] as const;
  for (const [name, line, expected] of cases) test(name, () => assert.equal(looks(line), expected));
});

test("plain text has no codes", () => {
  assert.equal(plainText(`a${esc}1;31mb${esc}0mc`), "abc");
});

test("a state carries over only what is on", () => {
  const state = new SgrState();
  state.read(`${esc}1;31mx${esc}39m${esc}48;5;20m`);
  assert.equal(state.sequence(), `${esc}1;48;5;20m`);
  state.read(`${esc}0m`);
  assert.equal(state.sequence(), "");
});

const marks = (line: string, query: string): string =>
  highlight(spansOf(line), query)
    .map(({ text, isMatch }) => (isMatch ? `[${text}]` : text))
    .join("");

describe("highlight", () => {
  test("marks every occurrence without regard to case", () => {
    assert.equal(marks("Error: no error", "error"), "[Error]: no [error]");
  });
  test("a match may go over a change of colour", () => {
    assert.equal(marks(`fat${esc}31mal err${esc}0mor`, "fatal error"), "[fat][al err][or]");
  });
  test("an empty query marks nothing", () => assert.equal(marks("abc", ""), "abc"));
});

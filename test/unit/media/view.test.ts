import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseSavedView, ViewState, type SavedView } from "../../../media/view.ts";

describe("parseSavedView", () => {
  test("takes what it has saved", () => {
    const view: SavedView = {
      buildId: "7",
      picked: { kind: "row", rowId: "r", laneIndex: 1 },
      scrollTop: 120,
      tab: "timeline",
      sort: "difference",
      follow: false,
      logHeight: 300,
      allPlatforms: false,
    };
    assert.deepEqual(parseSavedView(structuredClone(view)), view);
  });
  test("gives defaults for what is missing or odd", () => {
    const preset = parseSavedView(undefined);
    assert.equal(preset.tab, "compare");
    assert.equal(preset.follow, true);
    const odd = { tab: 7, sort: "size", picked: { kind: "row" }, logHeight: "tall", scrollTop: "top" };
    assert.deepEqual(parseSavedView(odd), preset);
  });
});

describe("ViewState", () => {
  test("saves every change", () => {
    const saved: SavedView[] = [];
    const view = new ViewState(parseSavedView(undefined), (state) => saved.push(state));
    view.sort.value = "duration";
    view.logHeight.value = 222;
    assert.equal(saved.at(-1)?.sort, "duration");
    assert.equal(saved.at(-1)?.logHeight, 222);
  });
  test("keeps a pick for its own build only", () => {
    const view = new ViewState(parseSavedView({ buildId: "1", picked: { kind: "shared", stepId: "x" } }), () => {});
    view.adoptBuild("1");
    assert.equal(view.picked.value?.kind, "shared");
    view.adoptBuild("2");
    assert.equal(view.picked.value, undefined);
  });
});

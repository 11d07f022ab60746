import { batch, effect, signal } from "@preact/signals";
import type { Selection } from "./selection.ts";
import type { Sort } from "./table.ts";

/** What the tabs choose between. */
export type Tab = "compare" | "timeline";

/** How the user has arranged the panel, as it survives a reload of the page. */
export interface SavedView {
  /** The build that selection and scroll position belong to. */
  readonly buildId: string;
  readonly picked?: Selection;
  /** Where the user has scrolled the table to; absent while it follows the build by itself. */
  readonly scrollTop?: number;
  readonly tab: Tab;
  readonly sort: Sort;
  readonly follow: boolean;
  /** Height of the log in CSS pixels; absent until the user has dragged it. */
  readonly logHeight?: number;
  /** True: the log shows all platforms side by side, where there is room for them. */
  readonly allPlatforms: boolean;
}

/** How the panel is arranged; every change is kept at once. */
export class ViewState {
  readonly buildId;
  /** The step the user has picked; undefined: the panel chooses. */
  readonly picked;
  readonly scrollTop;
  readonly tab;
  readonly sort;
  readonly follow;
  readonly logHeight;
  readonly allPlatforms;

  constructor(saved: SavedView, save: (view: SavedView) => void) {
    this.buildId = signal(saved.buildId);
    this.picked = signal(saved.picked);
    this.scrollTop = signal<number | undefined>(saved.scrollTop);
    this.tab = signal(saved.tab);
    this.sort = signal(saved.sort);
    this.follow = signal(saved.follow);
    this.logHeight = signal(saved.logHeight);
    this.allPlatforms = signal(saved.allPlatforms);
    effect(() => save(this.#toSaved()));
  }

  /** Forgets what belonged to another build. */
  adoptBuild(buildId: string): void {
    if (buildId === this.buildId.peek()) return;
    batch(() => {
      this.buildId.value = buildId;
      this.picked.value = undefined;
      this.scrollTop.value = undefined;
      this.follow.value = true;
    });
  }

  #toSaved(): SavedView {
    return {
      buildId: this.buildId.value,
      picked: this.picked.value,
      scrollTop: this.scrollTop.value,
      tab: this.tab.value,
      sort: this.sort.value,
      follow: this.follow.value,
      logHeight: this.logHeight.value,
      allPlatforms: this.allPlatforms.value,
    };
  }
}

/** Reads what an earlier page, perhaps of another version, has saved; what is missing or odd gets its default. */
export function parseSavedView(saved: unknown): SavedView {
  const view = (typeof saved === "object" && saved !== null ? saved : {}) as Partial<Record<keyof SavedView, unknown>>;
  const height = view.logHeight;
  return {
    buildId: typeof view.buildId === "string" ? view.buildId : "",
    picked: parseSelection(view.picked),
    scrollTop: typeof view.scrollTop === "number" ? view.scrollTop : undefined,
    tab: view.tab === "timeline" ? "timeline" : "compare",
    sort: view.sort === "difference" || view.sort === "duration" ? view.sort : "dockerfile",
    follow: view.follow !== false,
    logHeight: typeof height === "number" ? height : undefined,
    allPlatforms: view.allPlatforms !== false,
  };
}

function parseSelection(saved: unknown): Selection | undefined {
  if (typeof saved !== "object" || saved === null || !("kind" in saved)) return undefined;
  const { kind, rowId, laneIndex, stepId } = saved as Record<string, unknown>;
  if (kind === "row" && typeof rowId === "string" && typeof laneIndex === "number") return { kind, rowId, laneIndex };
  return kind === "shared" && typeof stepId === "string" ? { kind, stepId } : undefined;
}

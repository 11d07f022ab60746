import { batch, computed, effect, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { BuildHead } from "../src/core/build/snapshot.ts";
import type { FromWebview, ToWebview } from "../src/protocol.ts";
import { Clock } from "./clock.ts";
import { layoutFor, niceCeil } from "./geometry.ts";
import type { Host } from "./host.ts";
import { LogFeed } from "./log/logFeed.ts";
import { automaticSelection, isEnded, selectionOfStep, type Selection } from "./selection.ts";
import { BuildStore } from "./store.ts";
import { timeOf, hasTime } from "../src/core/build/comparison.ts";
import { tableItems } from "./table.ts";
import { parseSavedView, ViewState } from "./view.ts";

/** What the table brings into sight, and why; without a row its top. */
interface Sight {
  readonly rowId?: string;
  readonly why: "at work" | "failed" | "done";
}

/** How long the log of an automatically chosen step is shown at least. */
const leastMsPerChoice = 1_000;

/** The state of the whole page: the build as told, the arrangement by the user, and what follows from both. */
export class Panel {
  readonly store = new BuildStore();
  readonly clock = new Clock();
  readonly logs: LogFeed;
  readonly view: ViewState;
  readonly post: (message: FromWebview) => void;
  /** Width of the table in CSS pixels. */
  readonly width = signal(1000);
  /** Height of the whole page in CSS pixels. */
  readonly height = signal(window.innerHeight);
  /** Text of the log search; undefined while the search is closed. */
  readonly query = signal<string | undefined>(undefined);
  /** The row that the table shall bring into sight; a new object for each wish. */
  readonly revealed = signal<{ readonly rowId: string } | undefined>(undefined);
  /** Whether the keyboard is in the table: it must not move away under it. */
  readonly hasGridFocus = signal(false);
  /** Whether the user has asked for the log: then it makes no room for the table any more. */
  readonly isLogWanted = signal(false);
  readonly #automatic = signal<Selection | undefined>(undefined);
  /** Where the table has scrolled by itself. */
  #ownScrollTop = 0;
  #chosenAtMs = 0;

  /** @param logHeight as it was set in an earlier panel, in CSS pixels */
  constructor(host: Host, logHeight?: number) {
    this.post = (message) => host.postMessage(message);
    const state = host.getState();
    const saved = parseSavedView(state === undefined ? { logHeight } : state);
    this.view = new ViewState(saved, (view) => host.setState(view));
    let told = this.view.logHeight.peek();
    effect(() => {
      const px = this.view.logHeight.value;
      if (px !== told) this.post({ type: "logHeight", px });
      told = px;
    });
    this.logs = new LogFeed(
      (stepIds) => this.post({ type: "watchLogs", stepIds }),
      (callback) => requestAnimationFrame(callback),
    );
    effect(() => this.clock.setRunning(this.isRunning.value));
    effect(() => {
      void this.store.revision.value;
      this.#chooseStep(this.clock.now.value);
    });
  }

  /** Takes a message of the extension. */
  receive(message: ToWebview): void {
    switch (message.type) {
      case "snapshot":
        batch(() => {
          this.clock.sync(message.nowMs, true);
          this.view.adoptBuild(message.build.head.id);
          this.store.applySnapshot(message.build);
        });
        this.logs.rewatch();
        return;
      case "update":
        batch(() => {
          this.clock.sync(message.nowMs, false);
          this.store.applyUpdate(message.update);
        });
        return;
      case "log":
        this.logs.receive(message.chunks);
    }
  }

  readonly isRunning = computed(() => {
    const head = this.store.head.value;
    return head !== undefined && !isEnded(head.state);
  });

  /** The step whose log is shown: the user's choice, else the automatic one. */
  readonly selection = computed<Selection | undefined>(() => {
    const picked = this.view.picked.value;
    if (picked?.kind === "row" && this.store.rowIds.value.includes(picked.rowId)) return picked;
    if (picked?.kind === "shared" && this.store.shared.value.some((step) => step.stepId === picked.stepId))
      return picked;
    return this.#automatic.value;
  });

  /** What fits into the table at its width. */
  readonly layout = computed(() => layoutFor(this.width.value, this.store.lanes.value.length));

  /**
   * The lines of the table. Sorted by time they keep the order they had when it was chosen, until the build has
   * ended: rows must not move under the pointer.
   */
  readonly items = computed(() => {
    void this.isRunning.value;
    return tableItems(this.store.rows(this.store.rowIds.value), this.view.sort.value, this.clock.now.peek());
  });

  /** The time that fills a bar of the table; a round one while the build runs, so that bars seldom rescale. */
  readonly scaleMs = computed(() => {
    const cells = this.#timedCells.value;
    const settled = cells.settledMs;
    const longest = Math.max(settled, ...cells.running.map((cell) => timeOf(cell, this.clock.now.value)));
    return this.isRunning.value ? niceCeil(longest) : Math.max(longest, 1);
  });

  readonly #timedCells = computed(() => {
    void this.store.revision.value;
    const cells = this.store.rows().flatMap((row) => row.cells.filter((cell) => cell !== null));
    const settled = cells.filter((cell) => cell.state !== "running" && hasTime(cell));
    return {
      settledMs: settled.reduce((longest, cell) => Math.max(longest, cell.durationMs), 0),
      running: cells.filter((cell) => cell.state === "running"),
    };
  });

  /** Shows the log of a step, because the user has asked for it. */
  pick(selection: Selection): void {
    batch(() => {
      this.view.picked.value = selection;
      // Whoever looks back does not follow any more; one click brings them to what is at work.
      this.view.follow.value = !this.isRunning.peek() || this.#isAtWork(selection);
    });
  }

  #isAtWork(selection: Selection): boolean {
    if (selection.kind === "shared")
      return this.store.shared.peek().some(({ stepId, state }) => stepId === selection.stepId && state === "running");
    const row = this.store.row(selection.rowId)?.peek();
    return row?.cells.some((cell) => cell?.state === "running") ?? false;
  }

  /** Follows the output or stops it. To follow means to see what is at work, also after a look at something else. */
  toggleFollow(): void {
    const { follow, picked } = this.view;
    const wanted = picked.peek();
    batch(() => {
      follow.value = !follow.peek();
      if (follow.peek()) this.view.scrollTop.value = undefined;
      const isLookingBack = wanted !== undefined && !this.#isAtWork(wanted);
      if (follow.peek() && this.isRunning.peek() && isLookingBack) picked.value = undefined;
    });
  }

  /** Shows the log of the step with this id, if the build has one. */
  pickStep(stepId: string): void {
    const selection = selectionOfStep(stepId, this.store.rows(), this.store.shared.peek());
    if (selection) this.pick(selection);
  }

  /**
   * What the table brings into sight by itself: the step at work, until the user looks at another one; in the end the
   * failed one, or the top with the results. Nothing where the user has scrolled to.
   */
  readonly followed = computed<Sight | undefined>(() => {
    const scrollTop = this.view.scrollTop.value;
    const chosen = this.#automatic.value;
    const failed = this.store.head.value?.failure?.stepId;
    if (this.isRunning.value) {
      const isFree = scrollTop === undefined && this.view.picked.value === undefined && !this.hasGridFocus.value;
      return isFree && chosen?.kind === "row" ? { rowId: chosen.rowId, why: "at work" } : undefined;
    }
    if (scrollTop !== undefined && scrollTop > 0) return undefined;
    if (failed === undefined) return { why: "done" };
    return chosen?.kind === "row" ? { rowId: chosen.rowId, why: "failed" } : undefined;
  });

  /** Takes note that the table has scrolled by itself. */
  scrolledItself(scrollTop: number): void {
    this.#ownScrollTop = scrollTop;
  }

  /** Takes note of where the table is scrolled to, by whomever; at once when the user begins, then where they end. */
  scrolled({ scrollTop, clientHeight, scrollHeight }: HTMLElement, hasEnded: boolean): void {
    if (this.view.tab.peek() !== "compare") return;
    // A panel that becomes higher takes rows back in at its lower edge.
    const isClamped = scrollTop < this.#ownScrollTop && scrollTop + clientHeight >= scrollHeight - 1;
    if (isClamped) this.#ownScrollTop = scrollTop;
    const hasUserScrolled = this.view.scrollTop.peek() !== undefined;
    const isOwn = Math.abs(scrollTop - this.#ownScrollTop) < 1;
    if (hasUserScrolled ? hasEnded : !isOwn) this.view.scrollTop.value = scrollTop;
  }

  /** Brings a row of the table into sight. */
  reveal(rowId: string): void {
    this.view.tab.value = "compare";
    this.revealed.value = { rowId };
  }

  /**
   * Many short steps must not make the log flicker: while the build runs, a choice holds for a moment. And it holds for
   * as long as the user reads, that is until they follow again.
   */
  #chooseStep(nowMs: number): void {
    const head = this.store.head.value;
    if (!head) return;
    const mayWait = !isEnded(head.state) && this.#automatic.peek() !== undefined;
    if (mayWait && (!this.view.follow.value || nowMs - this.#chosenAtMs < leastMsPerChoice)) return;
    const rows = this.store.rows();
    const shared = this.store.shared.peek();
    const next = automaticSelection(this.#automatic.peek(), { rows, shared, state: head.state, failure: head.failure });
    if (isSame(next, this.#automatic.peek())) return;
    this.#automatic.value = next;
    this.#chosenAtMs = nowMs;
  }
}

function isSame(a: Selection | undefined, b: Selection | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Carries the panel to all components. */
export const PanelContext = createContext<Panel | undefined>(undefined);

/** The panel this component belongs to. */
export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (!panel) throw new Error("There is no panel around this component.");
  return panel;
}

/** The head of the build; components that need it are drawn only when there is one. */
export function useHead(): BuildHead {
  const head = usePanel().store.head.value;
  if (!head) throw new Error("The panel is drawn before it knows its build.");
  return head;
}

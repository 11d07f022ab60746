import type { Page } from "playwright-core";
import { VirtualList, type ListRow } from "./virtualList.ts";

/** A row of the Problems view. */
export interface Problem {
  readonly file: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** Reads the Problems view, which must be open. */
export async function readProblems(page: Page): Promise<readonly Problem[]> {
  // Without problems there is a message and no list.
  const list = page.locator(".markers-panel .tree-container .monaco-list").filter({ visible: true });
  if ((await list.count()) === 0) return [];
  const rows = await new VirtualList(list, readRows).rows();
  let file = "";
  return rows.flatMap((row) => {
    if (row.level === 1) {
      file = row.file;
      return [];
    }
    const [line = 0, column = 0] = [...row.position.matchAll(/\d+/g)].map(Number);
    const { message, source, icon } = row;
    const severity = icon.includes("error") ? "error" : icon.includes("warning") ? "warning" : "info";
    return [{ file, severity, message, source, line, column }];
  });
}

interface MarkerRow extends ListRow {
  readonly level: number;
  readonly file: string;
  readonly message: string;
  readonly source: string;
  readonly position: string;
  readonly icon: string;
}

/** Runs in the page. */
function readRows(rows: Element[]): MarkerRow[] {
  return rows.map((row) => ({
    index: Number(row.getAttribute("data-index")),
    level: Number(row.getAttribute("aria-level")),
    file: row.querySelector(".resource-label-container .label-name")?.textContent ?? "",
    message: row.querySelector(".marker-message")?.textContent ?? "",
    source: row.querySelector(".marker-source")?.textContent ?? "",
    position: row.querySelector(".marker-line")?.textContent ?? "",
    icon: row.querySelector(".marker-icon")?.className ?? "",
  }));
}

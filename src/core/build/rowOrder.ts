/** A stage as the order of rows sees it. */
export interface StageOrder {
  /** Line of its first step in the Dockerfile, where it is known. */
  line?: number;
  /** Stages whose results it takes. */
  readonly needs: Set<string>;
}

/**
 * The stages in the order of the Dockerfile as far as it can be told: a stage stands below those it takes something
 * from, and among those that are free the one that is higher up in the file, or was heard of first, comes first.
 */
export function orderStages(stages: ReadonlyMap<string, StageOrder>): string[] {
  const waiting = new Map([...stages].toSorted(([, a], [, b]) => (a.line ?? lastLine) - (b.line ?? lastLine)));
  const ordered: string[] = [];
  while (waiting.size > 0) {
    // One step that two nodes name differently can close a circle; then the first one goes ahead.
    const next = [...waiting].find(([name, stage]) => !needsAny(stage, name, waiting)) ?? [...waiting][0];
    if (!next) break;
    waiting.delete(next[0]);
    ordered.push(next[0]);
  }
  return ordered;
}

const lastLine = Number.MAX_SAFE_INTEGER;

function needsAny(stage: StageOrder, own: string, waiting: ReadonlyMap<string, StageOrder>): boolean {
  for (const need of stage.needs) if (need !== own && waiting.has(need)) return true;
  return false;
}

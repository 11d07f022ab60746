/**
 * Moves the focus to an element that may be drawn only now, because it has just been asked for: the first of these
 * selectors that finds one.
 */
export function focusSoon(...selectors: readonly string[]): void {
  requestAnimationFrame(() => {
    const found = selectors.map((selector) => document.querySelector<HTMLElement>(selector)).find(Boolean);
    found?.focus();
  });
}

/** The cell of the step whose log is shown, else that step's name. */
export const selectedCell = [".step.selected .picked", ".step.selected .step-cell"] as const;

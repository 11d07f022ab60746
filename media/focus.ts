/** Moves the focus to an element that may be drawn only now, because it has just been asked for. */
export function focusSoon(selector: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus());
}

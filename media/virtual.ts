import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { VirtualizerOptions } from "@tanstack/virtual-core";
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

type Options = Pick<VirtualizerOptions<HTMLElement, HTMLElement>, "count" | "getScrollElement" | "estimateSize"> &
  Partial<VirtualizerOptions<HTMLElement, HTMLElement>>;

/** TanStack's virtual list for Preact: draws its component anew when other items come into view. */
export function useVirtualizer(options: Options): Virtualizer<HTMLElement, HTMLElement> {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const complete = {
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    ...options,
    onChange: () => redraw(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(complete));
  virtualizer.setOptions(complete);
  /* oxlint-disable no-underscore-dangle -- the names that TanStack gives to what adapters have to call */
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  /* oxlint-enable no-underscore-dangle */
  return virtualizer;
}

/** Keeps one item drawn wherever the list is scrolled to, so that the focus, and the Tab key, find it; -1: none. */
export function withIndex(kept: number): NonNullable<Options["rangeExtractor"]> {
  return (range) => {
    const indexes = defaultRangeExtractor(range);
    return kept < 0 || indexes.includes(kept) ? indexes : [...indexes, kept];
  };
}

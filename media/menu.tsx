import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** One entry of a {@link Menu}; with `isChecked` the entries are a choice of one. */
export interface MenuItem {
  readonly label: string;
  readonly isChecked?: boolean;
  readonly onSelect: () => void;
}

/** A button that opens a menu below itself, operable by mouse and by keyboard (ARIA's menu button pattern). */
export function Menu(props: {
  className: string;
  /** Name for screen readers and tooltip. */
  label: string;
  items: readonly MenuItem[];
  children: ComponentChildren;
}): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const root = useRef<HTMLDivElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div
      class="menu-root"
      ref={root}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node && root.current?.contains(event.relatedTarget))) setOpen(false);
      }}
    >
      <button
        ref={button}
        class={props.className}
        title={props.label}
        aria-label={props.label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {props.children}
      </button>
      {isOpen && <MenuList items={props.items} onClose={close} />}
    </div>
  );
}

function MenuList({ items, onClose }: { items: readonly MenuItem[]; onClose: () => void }): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const entries = (): readonly HTMLElement[] => [
    ...(list.current?.querySelectorAll<HTMLElement>("[role^=menu]") ?? []),
  ];
  useLayoutEffect(() => {
    const first = entries().find((entry) => entry.ariaChecked === "true") ?? entries()[0];
    first?.focus();
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    const all = entries();
    const current = all.findIndex((entry) => entry === document.activeElement);
    const next = nextEntry(event.key, current, all.length);
    if (next !== undefined) all[next]?.focus();
    else if (event.key === "Escape") onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" role="menu" ref={list} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button
          key={item.label}
          role={item.isChecked === undefined ? "menuitem" : "menuitemradio"}
          aria-checked={item.isChecked}
          tabIndex={-1}
          onClick={() => {
            onClose();
            item.onSelect();
          }}
        >
          {item.isChecked !== undefined && <Icon name={item.isChecked ? "check" : "blank"} />}
          {item.label}
        </button>
      ))}
    </div>
  );
}

function nextEntry(key: string, current: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return (current + 1) % count;
    case "ArrowUp":
      return (current + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

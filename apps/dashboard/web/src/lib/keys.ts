/** Keys of the whole page. Single letters keep quiet while somebody types, and can be switched off. */

import { signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

import type { Key } from "./i18n";
import { store, stored } from "./stored";

export type Shortcut = { keys: string; says: Key; run: () => void };

export const singleKeys = signal(stored("keys", "on") === "on");
export function setSingleKeys(value: boolean): void {
  singleKeys.value = value;
  store("keys", value ? "on" : "off");
}

const known = new Map<string, Shortcut>();
/** Shortcuts in force, for the sheet. */
export const shortcuts = signal<Shortcut[]>([]);

export function shortcut(one: Shortcut): () => void {
  known.set(one.keys, one);
  shortcuts.value = [...known.values()];
  return () => {
    if (known.get(one.keys) !== one) return;
    known.delete(one.keys);
    shortcuts.value = [...known.values()];
  };
}

export function useShortcut(keys: string, says: Key, run: () => void): void {
  // In force as soon as it can be seen.
  useLayoutEffect(() => shortcut({ keys, says, run }), [keys, run]);
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.("input, textarea, select, [contenteditable], dialog[open], [role=menu]");
}

let first = "";
let timer = 0;
addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.metaKey || event.ctrlKey) && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    known.get("mod k")?.run();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (!singleKeys.value || isTyping(event.target)) return;
  const typed = first ? `${first} ${event.key}` : event.key;
  clearTimeout(timer);
  first = "";
  const found = known.get(typed);
  if (found) {
    event.preventDefault();
    found.run();
  } else if (event.key === "g") {
    first = "g";
    timer = window.setTimeout(() => (first = ""), 1200);
  }
});

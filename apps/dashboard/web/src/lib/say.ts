/** Words that appear by themselves: read out politely, and shown for a while where they matter. */

import { signal } from "@preact/signals";

export type Toast = { id: number; text: string; kind: "done" | "failed"; action?: { text: string; run: () => void } };

export const toasts = signal<Toast[]>([]);
export const spoken = signal("");

let last = 0;
let timer = 0;
let waiting: string[] = [];

/** Read out; what comes in quick succession is read as one, or only the last where that is what counts. */
export function announce(text: string, { only = false } = {}): void {
  waiting = only ? [text] : [...waiting, text];
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    spoken.value = waiting.slice(-5).join(". ");
    waiting = [];
  }, 300);
}

export function toast(text: string, options: Partial<Pick<Toast, "kind" | "action">> = {}): void {
  const one: Toast = { id: ++last, text, kind: "done", ...options };
  toasts.value = [...toasts.value.slice(-2), one];
  announce(text);
  // Long enough to be read; one with a choice in it stays until it is closed.
  if (!one.action) setTimeout(() => dismiss(one.id), 6000);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

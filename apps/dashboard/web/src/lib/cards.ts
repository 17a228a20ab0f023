/** Which parts of the overview somebody wants to see; kept by this browser. */

import { signal } from "@preact/signals";

import { store, stored } from "./stored";

export const cards = ["latest", "spending", "flow"] as const;
export type CardName = (typeof cards)[number];

const away = signal<ReadonlySet<string>>(new Set(stored("hidden_cards", "").split(",").filter(Boolean)));

export const isShown = (card: CardName): boolean => !away.value.has(card);

export function show(card: CardName, on: boolean): void {
  const next = new Set(away.value);
  if (on) next.delete(card);
  else next.add(card);
  away.value = next;
  store("hidden_cards", next.size ? [...next].join(",") : null);
}

/** Light, dark, or as the system has it. */

import { effect, signal } from "@preact/signals";

import { store, stored } from "./stored";

export type Theme = "system" | "light" | "dark";
const known = stored("theme", "system");
export const theme = signal<Theme>(known === "light" || known === "dark" ? known : "system");

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  store("theme", theme.value);
});

export function isDark(): boolean {
  if (theme.value !== "system") return theme.value === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

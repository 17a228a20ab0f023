/** Addresses: which screen, with which filters. Every view of the bank can be bookmarked and gone back to. */

import { batch, computed, signal } from "@preact/signals";
import type { ComponentType } from "preact";

export type Screen = ComponentType;
type Load = () => Promise<{ default: Screen }>;

export type Route = {
  /** A path with `:names`. */
  path: string;
  load: Load;
  /** Without menu and search around it. */
  bare?: boolean;
  /** Shown without a session; signed-in people may open it too. */
  open?: boolean;
};

export const path = signal(location.pathname);
export const search = signal(location.search);
export const query = computed(() => new URLSearchParams(search.value));
/** Counts navigations, so that the new screen takes the focus even where the address is the same. */
export const visit = signal(0);

type Options = { replace?: boolean; quiet?: boolean };

/** Go to an address of ours. `quiet` changes the address without moving focus or scroll (filters). */
export function go(to: string, { replace = false, quiet = false }: Options = {}): void {
  const url = new URL(to, location.href);
  if (url.origin !== location.origin) return;
  const same = url.pathname === location.pathname && url.search === location.search;
  if (replace || same) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  take();
  if (!quiet) {
    visit.value++;
    scrollTo(0, 0);
  }
}

/** Change some of the query; null takes a name away. */
export function refine(patch: Record<string, string | null>, options: Options = { quiet: true }): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  go(text ? `${location.pathname}?${text}` : location.pathname, { replace: true, ...options });
}

function take(): void {
  batch(() => {
    path.value = location.pathname;
    search.value = location.search;
  });
}

export function match(pattern: string, address: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = address.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) params[part.slice(1)] = safeDecode(value);
    else if (part !== value) return null;
  }
  return params;
}

function safeDecode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The `:names` of the current address. */
export const params = signal<Record<string, string>>({});

/** Follow links of ours without loading the page anew. Leaves modified clicks, downloads and other places alone. */
export function listen(isOurs: (pathname: string) => boolean): void {
  addEventListener("popstate", () => {
    take();
    visit.value++;
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (!isOurs(link.pathname) || (link.hash && link.pathname === location.pathname)) return;
    event.preventDefault();
    go(link.href);
  });
}

/** What was read from the API: kept by key, shown at once, read again when something says so. */

import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { refusalOf, type Refusal } from "./errors";
import { onSessionEnd } from "./session";

export type Resource<T> = {
  data: Signal<T | undefined>;
  error: Signal<Refusal | null>;
  loading: Signal<boolean>;
  /** When the data were read. */
  at: Signal<Date | null>;
  reload: () => Promise<void>;
};

type Kept = Resource<unknown> & { users: number; isStale: boolean; load: () => Promise<unknown> };

const kept = new Map<string, Kept>();
const FRESH_MS = 30_000;
const MOST = 80;

function make(load: () => Promise<unknown>): Kept {
  let run = 0;
  const one: Kept = {
    data: signal(undefined),
    error: signal(null),
    loading: signal(false),
    at: signal(null),
    users: 0,
    isStale: true,
    load,
    reload: async () => {
      const mine = ++run;
      one.loading.value = true;
      one.isStale = false;
      try {
        const data = await one.load();
        if (mine !== run) return;
        one.data.value = data;
        one.error.value = null;
        one.at.value = new Date();
      } catch (error) {
        if (mine !== run) return;
        one.error.value = refusalOf(error);
        one.isStale = true;
      } finally {
        if (mine === run) one.loading.value = false;
      }
    },
  };
  return one;
}

/** Read something and keep it under a key; every component with that key shares it. */
export function useResource<T>(key: string, load: () => Promise<T>): Resource<T> {
  const one = useMemo(() => {
    let known = kept.get(key);
    if (!known) kept.set(key, (known = make(load)));
    return known;
  }, [key]);
  one.load = load;
  useEffect(() => {
    one.users++;
    const age = one.at.value ? Date.now() - one.at.value.getTime() : Infinity;
    if (!one.loading.value && (one.isStale || age > FRESH_MS)) void one.reload();
    return () => {
      one.users--;
      // Each search leaves its answer behind; a page that stays open for days must not keep them all.
      if (!one.users && kept.size > MOST && kept.get(key) === one) kept.delete(key);
    };
  }, [one]);
  return one as Resource<T>;
}

/** Read anew what is on the screen under these keys, and the rest when it is shown again. */
export function stale(...prefixes: string[]): void {
  for (const [key, one] of kept) {
    if (!prefixes.some((prefix) => key.startsWith(prefix))) continue;
    if (one.users > 0) void one.reload();
    else one.isStale = true;
  }
}

/** Change what is kept without asking, because an event or an answer has just said it. */
export function amend<T>(prefix: string, change: (data: T, key: string) => T): void {
  for (const [key, one] of kept) {
    if (key.startsWith(prefix) && one.data.value !== undefined)
      one.data.value = change(one.data.value as T, key);
  }
}

onSessionEnd(() => kept.clear());

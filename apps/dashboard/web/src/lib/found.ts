/** Searching one's transactions: filters live in the address, pages are added as one goes on. */

import { useSignal } from "@preact/signals";

import type { operations } from "../api/schema";
import { api, get } from "./api";
import type { Page } from "./bank";
import { refusalOf, type Refusal } from "./errors";
import { amend, useResource, type Resource } from "./resource";

export type Query = NonNullable<operations["transactions_search_get"]["parameters"]["query"]>;

/** What the address may say, and which parameter of the API it is. */
export const FILTERS = [
  "q",
  "account",
  "category",
  "direction",
  "kind",
  "from",
  "to",
  "least",
  "most",
  "tag",
  "uncategorised",
  "note",
  "sort",
] as const;
export type Filter = (typeof FILTERS)[number];
export type Filters = Partial<Record<Filter, string>>;

export function filtersOf(query: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of FILTERS) {
    const value = query.get(name);
    if (value) filters[name] = value;
  }
  return filters;
}

const isDay = (text: string | undefined): text is string =>
  !!text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** Days of the reader, from their midnight to the next. */
function instant(day: string, later = 0): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

export function queryOf(filters: Filters): Query {
  const query: Query = {};
  if (filters.q) query.q = filters.q.slice(0, 100);
  if (filters.account) query.account_id = filters.account;
  if (filters.category) query.category = filters.category;
  if (filters.direction === "in" || filters.direction === "out") query.direction = filters.direction;
  if (filters.kind) query.kind = filters.kind as NonNullable<Query["kind"]>;
  if (isDay(filters.from)) query.booked_from = instant(filters.from);
  if (isDay(filters.to)) query.booked_before = instant(filters.to, 1);
  if (filters.least && /^\d+$/.test(filters.least)) query.least_minor = Number(filters.least);
  if (filters.most && /^\d+$/.test(filters.most)) query.most_minor = Number(filters.most);
  if (filters.tag) query.tag = filters.tag;
  if (filters.uncategorised) query.uncategorised = true;
  if (filters.note) query.has_note = true;
  if (filters.sort) query.sort = filters.sort as NonNullable<Query["sort"]>;
  return query;
}

export type Found = {
  pages: Resource<Page>;
  more: () => Promise<void>;
  isMore: boolean;
  failure: Refusal | null;
};

const PER_PAGE = 50;

/** `found:` alone is everything; live postings are put into that one, and into that of one account. */
export function useFound(query: Query, limit = PER_PAGE): Found {
  const names = Object.entries(query).map(([name, value]) => `${name}=${value}`);
  const key = `found:${names.sort().join("&")}`;
  const isMore = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const pages: Resource<Page> = useResource<Page>(key, async () => {
    const first = await get(
      api.GET("/api/transactions/search", { params: { query: { ...query, limit, count: true } } }),
    );
    return joined(first, pages.data.peek());
  });
  const more = async () => {
    const known = pages.data.value;
    if (!known?.next_cursor || isMore.value) return;
    isMore.value = true;
    failure.value = null;
    try {
      const next = { ...query, limit, cursor: known.next_cursor };
      const page = await get(api.GET("/api/transactions/search", { params: { query: next } }));
      amend<Page>(key, (now, which) => {
        if (which !== key) return now;
        const ids = new Set(now.items.map((one) => one.id));
        const items = [...now.items, ...page.items.filter((one) => !ids.has(one.id))];
        return { ...now, items, next_cursor: page.next_cursor };
      });
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      isMore.value = false;
    }
  };
  return { pages, more, isMore: isMore.value, failure: failure.value };
}

/** The first page anew, with the pages behind it that are on the screen already. */
function joined(first: Page, known: Page | undefined): Page {
  const last = first.items.at(-1);
  const at = known && last ? known.items.findIndex((one) => one.id === last.id) : -1;
  if (!known || at < 0) return first;
  const items = [...first.items, ...known.items.slice(at + 1)];
  return { ...first, items, next_cursor: known.next_cursor };
}

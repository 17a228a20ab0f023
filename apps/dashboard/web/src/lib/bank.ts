/** What the screens read of the bank, and how a posting made elsewhere gets onto them. */

import { computed, effect, signal } from "@preact/signals";

import { api, get, type Account, type Transaction } from "./api";
import { link, on } from "./live";
import { asMoney, fromMinor, minor, sum, type Money } from "./money";
import { amend, stale, useResource, type Resource } from "./resource";
import { onSessionEnd } from "./session";
import { stored, store } from "./stored";

export function useAccounts(): Resource<Account[]> {
  return useResource("accounts", async () => {
    const { items } = await get(api.GET("/api/accounts"));
    return items;
  });
}

export function accountName(account: Pick<Account, "nickname" | "product">, product: string): string {
  return account.nickname || product;
}

/** The last four characters, by which people tell their accounts apart. */
export const ending = (iban: string): string => iban.slice(-4);
/** With the sign before it; nothing where another bank keeps the account, as its number is theirs. */
export const ended = (iban: string): string => (iban ? `·· ${ending(iban)}` : "");
export const spacedIban = (iban: string): string => iban.replace(/(.{4})(?=.)/g, "$1 ");

export type Totals = { currency: string; booked: Money; accounts: Account[] };

/** The shown accounts by currency, the one with the most accounts first. */
export function totals(accounts: Account[]): Totals[] {
  const open = accounts.filter((one) => one.status !== "closed" && !one.hidden);
  const byCurrency = new Map<string, Account[]>();
  for (const one of open) byCurrency.set(one.currency, [...(byCurrency.get(one.currency) ?? []), one]);
  return [...byCurrency]
    .map(([currency, own]) => ({
      currency,
      accounts: own,
      booked: sum(own.map((one) => one.balance.booked), currency),
    }))
    .sort((a, b) => b.accounts.length - a.accounts.length);
}

const wantedCurrency = signal(stored("currency", ""));
export const currencyWanted = computed(() => wantedCurrency.value);
export function chooseCurrency(currency: string): void {
  wantedCurrency.value = currency;
  store("currency", currency);
}

/** Amounts are blurred while somebody may look over one's shoulder. */
export const isPrivate = signal(stored("private", "") === "1");
effect(() => {
  document.documentElement.toggleAttribute("data-private", isPrivate.value);
});
export function setPrivate(value: boolean): void {
  isPrivate.value = value;
  store("private", value ? "1" : null);
}

/** Postings that arrived while the page was open, and move in once. */
export const arrived = signal<ReadonlySet<string>>(new Set());

type Posted = {
  id: string;
  kind: Transaction["kind"];
  description: string;
  counterparty: string;
  category: string;
  booked_at: string;
  amount: Money;
  account_id: string;
  booked: Money;
  version: number;
};
type BalanceChanged = { account_id: string; booked: Money; version: number };

export type Page = { items: Transaction[]; next_cursor: string | null; count?: number | null };

function asTransaction(posted: Posted): Transaction {
  const { id, kind, description, counterparty, category, booked_at, account_id, version } = posted;
  return {
    id,
    kind,
    description,
    counterparty,
    category,
    booked_at,
    reference: "",
    effective_date: booked_at.slice(0, 10),
    reverses_id: null,
    reversed_by_id: null,
    is_split: false,
    entries: [{ account_id, amount: posted.amount, balance_after: posted.booked, version }],
  };
}

/** A page of newest-first transactions with a posting put in; both sides of a transfer are one row. */
export function withPosting(page: Page, one: Transaction): Page {
  const known = page.items.find((item) => item.id === one.id);
  if (known) {
    const added = one.entries.filter((e) => !known.entries.some((k) => k.account_id === e.account_id));
    if (!added.length) return page;
    const merged = { ...known, entries: [...known.entries, ...added] };
    return { ...page, items: page.items.map((item) => (item === known ? merged : item)) };
  }
  const items = [...page.items];
  const place = items.findIndex((item) => item.booked_at <= one.booked_at);
  items.splice(place < 0 ? items.length : place, 0, one);
  return { ...page, items };
}

/** What was booked longer ago than this is history told late: it is read again, and moves nothing. */
const NEWS_MS = 600_000;

function put(posted: Posted): void {
  if (Date.now() - Date.parse(posted.booked_at) > NEWS_MS) {
    amendBalance(posted);
    soon();
    return;
  }
  const one = asTransaction(posted);
  if (!arrived.value.has(one.id)) arrived.value = new Set([...arrived.value, one.id]);
  amend<Page>("latest", (page) => {
    const next = withPosting(page, one);
    return { ...next, items: next.items.slice(0, Math.max(page.items.length, 12)) };
  });
  // A filtered list is asked again: only the API knows what its search finds.
  const whole = ["found:", `found:account_id=${posted.account_id}`];
  amend<Page>("found:", (page, key) => (whole.includes(key) ? withPosting(page, one) : page));
  amendBalance(posted);
  soon();
}

function amendBalance({ account_id, booked, version }: BalanceChanged): void {
  amend<Account[]>("accounts", (accounts) =>
    accounts.map((one) => {
      if (one.id !== account_id || one.balance.version >= version) return one;
      const { held, overdraft } = one.balance;
      const free = minor(asMoney(booked)) + minor(overdraft) - minor(held);
      const balance = { ...one.balance, booked, version, available: fromMinor(free, one.currency) };
      return { ...one, balance };
    }),
  );
}

let timer = 0;
/** A burst of postings costs one reading of sums and lists, not one each. */
function soon(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => stale("sums", "history", "found", "accounts", "latest", "pending"), 900);
}

on<Posted>("transaction.posted", put);
on<BalanceChanged>("balance.changed", amendBalance);
onSessionEnd(() => {
  arrived.value = new Set();
});

// Whatever was posted between the first reading and the first word of the socket was told to nobody.
let wasLive = false;
link.subscribe((state) => {
  if (state === "live" && !wasLive) stale("accounts", "latest");
  wasLive = state === "live";
});

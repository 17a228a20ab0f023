/** Transactions by day, newest first: read by eye, by screen reader and by j and k. */

import type { VNode } from "preact";
import { useCallback, useRef } from "preact/hooks";

import type { Account, Transaction } from "../lib/api";
import { accountName, arrived } from "../lib/bank";
import { useCategories } from "../lib/categories";
import { dayName, kindName, t } from "../lib/i18n";
import { useShortcut } from "../lib/keys";
import { asMoney, isNegative } from "../lib/money";
import { Amount, Avatar } from "./basics";

export type Seen = {
  name: string;
  more: string;
  /** The entry that the row is about; null where money moved between two accounts of one's own. */
  entry: Transaction["entries"][number];
  isOwn: boolean;
};

/** How a transaction reads from one account, or from all of one's own together. */
export function seen(
  one: Transaction,
  accounts: Account[],
  nameOfCategory: (key: string) => string,
  accountId?: string,
): Seen {
  const here = one.entries.find((entry) => entry.account_id === accountId);
  const out = one.entries.find((entry) => isNegative(asMoney(entry.amount)));
  const entry = here ?? out ?? one.entries[0]!;
  const isOwn = one.entries.length > 1;
  const accountOf = (id: string | undefined) => {
    const account = accounts.find((own) => own.id === id);
    return account ? accountName(account, t(`product.${account.product}`)) : "";
  };
  const target = one.entries.find((other) => other !== out);
  const [from, to] = [accountOf(out?.account_id), accountOf(target?.account_id)];
  // A pot is an account of the ledger that is not among one's accounts.
  const between = !isOwn ? "" : from && to ? t("activity.between", { from, to }) : kindName(one.kind);
  const name = one.counterparty || one.description || between || kindName(one.kind);
  const detail = isOwn ? between : one.counterparty ? one.description : "";
  const more = [nameOfCategory(one.category), detail === name ? "" : detail].filter(Boolean).join(" · ");
  return { name, more, entry, isOwn };
}

export function Activity({
  items,
  accounts,
  accountId,
  balances = false,
  open,
  chosen,
  choose,
}: {
  items: Transaction[];
  accounts: Account[];
  accountId?: string;
  /** Show the balance after each, which only makes sense for one account. */
  balances?: boolean;
  open: (one: Transaction) => void;
  chosen?: ReadonlySet<string>;
  choose?: (one: Transaction) => void;
}): VNode {
  const list = useRef<HTMLDivElement>(null);
  const { nameOf } = useCategories();
  const step = useCallback((by: number) => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>(".row") ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by));
    rows[next]?.focus();
  }, []);
  const down = useCallback(() => step(1), [step]);
  const up = useCallback(() => step(-1), [step]);
  useShortcut("j", "keys.next_row", down);
  useShortcut("k", "keys.former_row", up);
  const days = byDay(items);
  return (
    <div class="activity" ref={list}>
      {days.map(([day, rows]) => (
        <section key={day} aria-label={dayName(new Date(rows[0]!.booked_at))}>
          <h3 class="day">{dayName(new Date(rows[0]!.booked_at))}</h3>
          <ul>
            {rows.map((one) => {
              const { name, more, entry, isOwn } = seen(one, accounts, nameOf, accountId);
              const isNew = arrived.value.has(one.id);
              const isChosen = chosen?.has(one.id) ?? false;
              return (
                <li key={one.id} class={isChosen ? "chosen" : undefined}>
                  <button
                    type="button"
                    class={isNew ? "row arrived" : "row"}
                    data-id={one.id}
                    aria-haspopup="dialog"
                    onClick={() => open(one)}
                    onKeyDown={(event) => {
                      if (event.key !== "x" || !choose) return;
                      event.preventDefault();
                      choose(one);
                    }}
                  >
                    <Avatar name={name} />
                    <span>
                      <span class="row-name">{name}</span>
                      <span class="row-more">
                        {isChosen && <span class="hidden">{t("activity.selected")} </span>}
                        {more}
                      </span>
                    </span>
                    <span class="row-end">
                      <Amount
                        money={asMoney(entry.amount)}
                        sign={isOwn && !accountId ? "never" : "always"}
                        flow={!isOwn}
                      />
                      {balances && (
                        <span class="row-more">
                          <span class="hidden">{t("activity.balance")} </span>
                          <Amount money={asMoney(entry.balance_after)} />
                        </span>
                      )}
                    </span>
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}

function byDay(items: Transaction[]): [string, Transaction[]][] {
  const days = new Map<string, Transaction[]>();
  for (const one of items) {
    const day = new Date(one.booked_at).toDateString();
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  return [...days];
}


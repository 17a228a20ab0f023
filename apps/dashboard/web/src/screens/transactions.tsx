/** Every transaction: searched, filtered by an address that can be kept, read by day. */

import { useSignal } from "@preact/signals";
import { Download, FileUp, Search, SlidersHorizontal, X } from "lucide-preact";
import type { VNode } from "preact";
import { useCallback, useEffect, useRef } from "preact/hooks";

import { api, get, type Account, type Transaction } from "../lib/api";
import { accountName, useAccounts } from "../lib/bank";
import { useCategories } from "../lib/categories";
import { refusalOf } from "../lib/errors";
import { filtersOf, queryOf, useFound, FILTERS, type Filter, type Filters } from "../lib/found";
import { date, moneyText, t, type Key } from "../lib/i18n";
import { fromMinor } from "../lib/money";
import { stale } from "../lib/resource";
import { query, refine } from "../lib/router";
import { toast } from "../lib/say";
import { Activity } from "../ui/activity";
import { Badge, Spinner } from "../ui/basics";
import { CategoryOptions } from "../ui/category-options";
import { Export } from "../ui/export";
import { FilterDrawer } from "../ui/filters";
import { Empty, Failed, FilteredEmpty, Loaded, Skeleton } from "../ui/states";
import { TransactionDrawer } from "../ui/transaction";

const NOTHING = Object.fromEntries(FILTERS.map((name) => [name, null]));

export default function Transactions(): VNode {
  const accounts = useAccounts();
  const filters = filtersOf(query.value);
  const found = useFound(queryOf(filters));
  const isFiltering = useSignal(false);
  const isExporting = useSignal(false);
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const opened = query.value.get("open");
  const own = accounts.data.value ?? [];
  const isFiltered = Object.keys(filters).length > 0;
  const choose = useCallback((one: Transaction) => {
    const next = new Set(chosen.value);
    if (!next.delete(one.id)) next.add(one.id);
    chosen.value = next;
  }, []);
  const count = found.pages.data.value?.count;
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{t("place.transactions")}</h1>
        {typeof count === "number" && <Badge>{t("transactions.count", { count })}</Badge>}
      </div>
      <section class="card" aria-label={t("place.transactions")}>
        <div class="filters">
          <SearchBox value={filters.q ?? ""} />
          <button type="button" class="button" onClick={() => (isFiltering.value = true)}>
            <SlidersHorizontal aria-hidden="true" />
            <span>{t("transactions.filters")}</span>
          </button>
          <button type="button" class="button" onClick={() => (isExporting.value = true)}>
            <Download aria-hidden="true" />
            <span>{t("export.open")}</span>
          </button>
          <a class="button" href="/import">
            <FileUp aria-hidden="true" />
            <span>{t("place.import")}</span>
          </a>
        </div>
        <Chips filters={filters} accounts={own} />
        <Loaded of={found.pages} skeleton={<Skeleton rows={10} />} keep>
          {(page) =>
            page.items.length ? (
              <>
                <Activity
                  items={page.items}
                  accounts={own}
                  accountId={filters.account}
                  balances={!!filters.account && !filters.sort}
                  open={(one) => refine({ open: one.id }, { quiet: true, replace: false })}
                  chosen={chosen.value}
                  choose={choose}
                />
                {found.failure && <Failed refusal={found.failure} retry={() => void found.more()} />}
                {page.next_cursor && !found.failure && (
                  <div class="more">
                    <button type="button" class="button" aria-disabled={found.isMore} onClick={() => void found.more()}>
                      {found.isMore && <Spinner />}
                      {t("transactions.more")}
                    </button>
                  </div>
                )}
              </>
            ) : isFiltered ? (
              <FilteredEmpty clear={() => refine(NOTHING)} />
            ) : (
              <Empty title={t("overview.nothing_yet")}>{t("overview.nothing_yet_why")}</Empty>
            )
          }
        </Loaded>
      </section>
      {chosen.value.size > 0 && <Chosen ids={chosen.value} done={() => (chosen.value = new Set())} />}
      {isFiltering.value && (
        <FilterDrawer filters={filters} accounts={own} close={() => (isFiltering.value = false)} />
      )}
      {isExporting.value && <Export query={queryOf(filters)} close={() => (isExporting.value = false)} />}
      {opened && (
        <TransactionDrawer id={opened} accounts={own} accountId={filters.account} close={() => refine({ open: null })} />
      )}
    </div>
  );
}

function SearchBox({ value }: { value: string }): VNode {
  const typed = useSignal(value);
  const timer = useRef(0);
  const sent = useRef(value);
  useEffect(() => {
    // The address changed by itself (back, a chip taken away), not by typing here.
    if (value !== sent.current) typed.value = sent.current = value;
  }, [value]);
  const send = (text: string) => {
    clearTimeout(timer.current);
    sent.current = text.trim();
    refine({ q: sent.current || null });
  };
  return (
    <form
      role="search"
      class="search-box"
      onSubmit={(event) => {
        event.preventDefault();
        send(typed.value);
      }}
    >
      <Search aria-hidden="true" />
      <input
        type="search"
        name="q"
        aria-label={t("transactions.search")}
        placeholder={t("transactions.search_hint")}
        autocomplete="off"
        maxLength={100}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          clearTimeout(timer.current);
          timer.current = window.setTimeout(() => send(typed.value), 250);
        }}
      />
    </form>
  );
}

const QUICK: { filter: Filter; value: string; name: Key }[] = [
  { filter: "direction", value: "in", name: "filter.in" },
  { filter: "direction", value: "out", name: "filter.out" },
  { filter: "uncategorised", value: "1", name: "filter.uncategorised" },
  { filter: "note", value: "1", name: "filter.note" },
];

/** The filters in force, each taken away by a click, and a few that are often wanted. */
function Chips({ filters, accounts }: { filters: Filters; accounts: Account[] }): VNode {
  const { nameOf } = useCategories();
  const account = accounts.find((one) => one.id === filters.account);
  const currency = account?.currency ?? accounts[0]?.currency ?? "EUR";
  const amount = (minorUnits: string) => moneyText(fromMinor(BigInt(minorUnits.replace(/\D/g, "") || "0"), currency));
  const day = (text: string) => (Number.isNaN(Date.parse(text)) ? text : date(`${text}T00:00:00`, "dayYear"));
  const words: Partial<Record<Filter, (value: string) => string>> = {
    account: () => (account ? accountName(account, t(`product.${account.product}`)) : t("transaction.account")),
    category: nameOf,
    kind: (value) => t(`kind.${value}` as Key),
    from: (value) => t("filter.from", { day: day(value) }),
    to: (value) => t("filter.to", { day: day(value) }),
    least: (value) => t("filter.least", { amount: amount(value) }),
    most: (value) => t("filter.most", { amount: amount(value) }),
    tag: (value) => t("filter.tag", { tag: value }),
    sort: (value) => t(`sort.${value}` as Key),
  };
  const set = (Object.keys(words) as Filter[]).filter((name) => filters[name]);
  return (
    <div class="chips" role="group" aria-label={t("transactions.filters")}>
      {set.map((name) => (
        <button key={name} type="button" class="chip on" onClick={() => refine({ [name]: null })}>
          {words[name]!(filters[name]!)}
          <X aria-hidden="true" />
          <span class="hidden">{t("filter.remove")}</span>
        </button>
      ))}
      {QUICK.map(({ filter, value, name }) => {
        const isOn = filters[filter] === value;
        return (
          <button
            key={name}
            type="button"
            class={isOn ? "chip on" : "chip"}
            aria-pressed={isOn}
            onClick={() => refine({ [filter]: isOn ? null : value })}
          >
            {t(name)}
          </button>
        );
      })}
      {Object.keys(filters).length > 0 && (
        <button type="button" class="link" onClick={() => refine(NOTHING)}>
          {t("action.clear_filters")}
        </button>
      )}
    </div>
  );
}

/** What to do with several at once: file them under one category. */
function Chosen({ ids, done }: { ids: ReadonlySet<string>; done: () => void }): VNode {
  const busy = useSignal(false);
  const file = async (category: string) => {
    if (!category || busy.value) return;
    busy.value = true;
    try {
      for (const posting_id of ids) {
        const params = { path: { posting_id } };
        await get(api.PATCH("/api/transactions/{posting_id}", { params, body: { category } }));
      }
      toast(t("transactions.filed", { count: ids.size }));
      done();
    } catch (error) {
      toast(refusalOf(error).message, { kind: "failed" });
    } finally {
      busy.value = false;
      stale("found", "latest", "sums", "transaction:");
    }
  };
  return (
    <div class="chosen-bar" role="region" aria-label={t("transactions.chosen", { count: ids.size })}>
      <span>{t("transactions.chosen", { count: ids.size })}</span>
      <label class="hidden" for="chosen-category">
        {t("transaction.category")}
      </label>
      <select id="chosen-category" value="" disabled={busy.value} onChange={(event) => void file(event.currentTarget.value)}>
        <option value="">{t("transactions.set_category")}</option>
        <CategoryOptions />
      </select>
      <button type="button" class="icon-button" onClick={done} aria-label={t("transactions.unchoose")}>
        <X aria-hidden="true" />
      </button>
    </div>
  );
}

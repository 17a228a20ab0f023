/** The first look: how much there is, how it came to be, where it goes, what happened last. */

import { useSignal } from "@preact/signals";
import { Plus, Send, Search, Wallet } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";

import { BalanceChart, BalanceTable, Spark } from "../charts/balance";
import { Donut, Flow, FlowTable, totalOf } from "../charts/flow";
import { api, get, type Account } from "../lib/api";
import {
  accountName,
  chooseCurrency,
  currencyWanted,
  ended,
  totals,
  useAccounts,
  type Page,
  type Totals,
} from "../lib/bank";
import { isShown } from "../lib/cards";
import { useCategories } from "../lib/categories";
import { bounds, sides, useNets, type Period } from "../lib/flows";
import { balances, useHistory, type Point } from "../lib/history";
import { date, moneyText, t, T } from "../lib/i18n";
import { fromMinor, isNegative, isZero, minor } from "../lib/money";
import { useResource } from "../lib/resource";
import { go } from "../lib/router";
import { profile } from "../lib/session";
import { stored, store } from "../lib/stored";
import { Activity } from "../ui/activity";
import { Amount, Badge, Card, Segmented } from "../ui/basics";
import { OpenAccount } from "../ui/open-account";
import { Empty, Failed, Loaded, Skeleton } from "../ui/states";
import { TransactionDrawer } from "../ui/transaction";

const LATEST = 8;

export default function Overview(): VNode {
  const accounts = useAccounts();
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{greeting()}</h1>
      </div>
      <Loaded of={accounts} skeleton={<Skeleton rows={1} kind="block" />}>
        {(own) =>
          own.some((one) => one.status !== "closed") ? (
            <Filled accounts={own} />
          ) : (
            <>
              <Later />
              <Welcome />
            </>
          )
        }
      </Loaded>
    </div>
  );
}

/** What few people have is fetched once the rest is on the screen, and moves nothing that one looks at. */
function Later(): VNode {
  const parts = useSignal<readonly (() => VNode | null)[]>([]);
  useEffect(() => {
    Promise.all([import("../ui/waiting"), import("../ui/invitations")]).then(
      ([{ Waiting }, { Invitations }]) => (parts.value = [Waiting, Invitations]),
      () => undefined,
    );
  }, []);
  return (
    <>
      {parts.value.map((Part, index) => (
        <Part key={index} />
      ))}
    </>
  );
}

function greeting(): string {
  const hour = new Date().getHours();
  const name = profile.value?.full_name.split(" ")[0] ?? "";
  const part = hour < 5 || hour >= 18 ? "evening" : hour < 12 ? "morning" : "afternoon";
  return t(`overview.${part}`, { name });
}

function Filled({ accounts }: { accounts: Account[] }): VNode {
  const all = totals(accounts);
  const shown = all.find((one) => one.currency === currencyWanted.value) ?? all[0];
  const isOpening = useSignal(false);
  return (
    <>
      {shown && <Hero key={shown.currency} shown={shown} all={all} />}
      <ul class="accounts" aria-label={t("overview.accounts")}>
        {accounts
          .filter((one) => one.status !== "closed" && !one.hidden)
          .map((one, index) => (
            <AccountCard key={one.id} account={one} hue={[0, 5, 3, 2, 1, 4, 6][index % 7]!} />
          ))}
        <li>
          <button type="button" class="account-new" onClick={() => (isOpening.value = true)}>
            <Plus aria-hidden="true" />
            {t("open.title")}
          </button>
        </li>
      </ul>
      <Later />
      <div class="columns">
        {isShown("latest") && <Latest accounts={accounts} />}
        <div class="column">{shown && isShown("spending") && <Spending currency={shown.currency} />}</div>
      </div>
      {shown && isShown("flow") && <MoneyFlow currency={shown.currency} />}
      {isOpening.value && <OpenAccount close={() => (isOpening.value = false)} />}
    </>
  );
}

const RANGES = { "1M": 30, "3M": 91, "6M": 182, "1Y": 365 } as const;
type Range = keyof typeof RANGES;

function Hero({ shown, all }: { shown: Totals; all: Totals[] }): VNode {
  const range = useSignal<Range>((stored("range", "3M") as Range) in RANGES ? (stored("range", "3M") as Range) : "3M");
  const asTable = useSignal(false);
  const days = RANGES[range.value];
  const history = useHistory(shown.accounts, days);
  const changes = history.data.value;
  const points = useMemo(
    () => (changes ? balances(shown.accounts, changes, days) : null),
    [changes, shown.booked.amount, days],
  );
  return (
    <section class="card hero" aria-labelledby="hero-title">
      <div class="hero-head">
        <div>
          <h2 id="hero-title" class="hero-title">
            {t("overview.total")}
          </h2>
          <p class="hero-amount">
            <Amount money={shown.booked} />
          </p>
          {points && <Finding points={points} />}
        </div>
        <div class="hero-tools">
          {all.length > 1 && (
            <Segmented
              label={t("overview.currency")}
              value={shown.currency}
              options={all.map((one) => ({ value: one.currency, text: one.currency }))}
              choose={chooseCurrency}
            />
          )}
          <button type="button" class="link" aria-pressed={asTable.value} onClick={() => (asTable.value = !asTable.value)}>
            {t(asTable.value ? "action.as_chart" : "action.as_table")}
          </button>
          <Segmented
            label={t("overview.range")}
            value={range.value}
            options={(Object.keys(RANGES) as Range[]).map((one) => ({ value: one, text: t(`range.${one}`) }))}
            choose={(one) => {
              range.value = one;
              store("range", one);
            }}
          />
        </div>
      </div>
      {points ? (
        asTable.value ? (
          <BalanceTable points={points} />
        ) : (
          <BalanceChart
            points={points}
            label={finding(points)}
            choose={(day) => go(`/transactions?from=${day}&to=${day}`)}
          />
        )
      ) : history.error.value ? (
        <Failed refusal={history.error.value} retry={() => void history.reload()} />
      ) : (
        <Skeleton rows={1} kind="block" />
      )}
    </section>
  );
}

function extremes(points: Point[]) {
  const first = points[0]!;
  const last = points.at(-1)!;
  const change = fromMinor(minor(last.money) - minor(first.money), last.money.currency);
  const low = points.reduce((least, one) => (minor(one.money) < minor(least.money) ? one : least), first);
  return { first, change, low };
}

/** What the line shows, in one sentence. */
function finding(points: Point[]): string {
  const { first, change, low } = extremes(points);
  const way = isZero(change) ? "level" : isNegative(change) ? "down" : "up";
  return t(`finding.${way}`, {
    change: moneyText(change, { sign: "never" }),
    since: date(`${first.day}T00:00:00Z`, "day", "UTC"),
    low: moneyText(low.money),
    day: date(`${low.day}T00:00:00Z`, "day", "UTC"),
  });
}

function Finding({ points }: { points: Point[] }): VNode {
  const { first, change, low } = extremes(points);
  const way = isZero(change) ? "level" : isNegative(change) ? "down" : "up";
  return (
    <p class="hero-finding">
      {isNegative(low.money) && <Badge tone="warn">{t("overview.overdrawn")}</Badge>}
      <span>
        <T
          k={`finding.${way}`}
          change={<Amount money={change} sign="never" />}
          since={date(`${first.day}T00:00:00Z`, "day", "UTC")}
          low={<Amount money={low.money} />}
          day={date(`${low.day}T00:00:00Z`, "day", "UTC")}
        />
      </span>
    </p>
  );
}

const SPARK_DAYS = 91;

function AccountCard({ account, hue }: { account: Account; hue: number }): VNode {
  const history = useHistory([account], SPARK_DAYS);
  const changes = history.data.value;
  const points = useMemo(
    () => (changes ? balances([account], changes, SPARK_DAYS) : null),
    [changes, account.balance.version],
  );
  return (
    <li>
      <a class="card account-card" href={`/accounts/${account.id}`}>
        <span class="account-name">
          {accountName(account, t(`product.${account.product}`))} <span class="ending">{ended(account.iban)}</span>
          {account.status === "frozen" && <Badge tone="warn">{t("status.frozen")}</Badge>}
        </span>
        <span class="account-amount">
          <Amount money={account.balance.booked} />
        </span>
        <span class="account-spark">{points && <Spark points={points} hue={hue} />}</span>
      </a>
    </li>
  );
}

function Latest({ accounts }: { accounts: Account[] }): VNode {
  const opened = useSignal<string | null>(null);
  const latest = useResource<Page>("latest", () =>
    get(api.GET("/api/transactions/search", { params: { query: { limit: LATEST } } })),
  );
  return (
    <Card
      title={t("overview.latest")}
      id="latest"
      aside={
        <a class="link" href="/transactions">
          {t("action.see_all")}
        </a>
      }
    >
      <Loaded of={latest} skeleton={<Skeleton rows={LATEST} />}>
        {(page) =>
          page.items.length ? (
            <Activity items={page.items} accounts={accounts} open={(one) => (opened.value = one.id)} />
          ) : (
            <Empty
              title={t("overview.nothing_yet")}
              action={
                <a class="button" href={`/accounts/${accounts[0]?.id}`}>
                  {t("overview.show_iban")}
                </a>
              }
            >
              {t("overview.nothing_yet_why")}
            </Empty>
          )
        }
      </Loaded>
      {opened.value && (
        <TransactionDrawer id={opened.value} accounts={accounts} close={() => (opened.value = null)} />
      )}
    </Card>
  );
}

const PERIODS: Period[] = ["this", "last", "quarter"];

function nameOfPeriod(period: Period): string {
  const { from } = bounds(period);
  return period === "quarter" ? t("period.quarter") : date(`${from}T00:00:00Z`, "month", "UTC");
}

function usePeriod(name: string, otherwise: Period) {
  const period = useSignal<Period>((stored(name, otherwise) as Period) ?? otherwise);
  if (!PERIODS.includes(period.value)) period.value = otherwise;
  const choice = (
    <Segmented
      label={t("period.choose")}
      value={period.value}
      options={PERIODS.map((one) => ({ value: one, text: nameOfPeriod(one) }))}
      choose={(one) => {
        period.value = one;
        store(name, one);
      }}
    />
  );
  return { period: period.value, choice };
}

function Spending({ currency }: { currency: string }): VNode {
  const { period, choice } = usePeriod("spending", "this");
  const nets = useNets(currency, period);
  const { nameOf } = useCategories();
  return (
    <Card title={t("overview.spending")} id="spending" aside={choice}>
      <Loaded of={nets} skeleton={<Skeleton rows={6} />}>
        {(found) => {
          const { spending } = sides(found, currency, period, nameOf);
          const most = spending[0];
          if (!most) return <Empty title={t("overview.no_spending")}>{t("overview.no_spending_why")}</Empty>;
          const facts = { name: most.name, amount: moneyText(most.money), period: nameOfPeriod(period) };
          return (
            <>
              <p class="finding">
                <T k="overview.most_on" {...facts} amount={<Amount money={most.money} />} />
              </p>
              <Donut
                shares={spending}
                label={`${t("overview.most_on", facts)} ${t("overview.in_all", { amount: moneyText(totalOf(spending)) })}`}
                caption={nameOfPeriod(period)}
              />
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function MoneyFlow({ currency }: { currency: string }): VNode {
  const { period, choice } = usePeriod("flow", "last");
  const asTable = useSignal(false);
  const nets = useNets(currency, period);
  const { nameOf } = useCategories();
  const found = nets.data.value;
  const drawn = useMemo(() => (found ? sides(found, currency, period, nameOf) : null), [found, currency, period, nameOf]);
  const toggle = (
    <div class="card-tools">
      <button type="button" class="link" aria-pressed={asTable.value} onClick={() => (asTable.value = !asTable.value)}>
        {t(asTable.value ? "action.as_chart" : "action.as_table")}
      </button>
      {choice}
    </div>
  );
  return (
    <Card title={t("overview.flow")} id="flow" aside={toggle}>
      <Loaded of={nets} skeleton={<Skeleton rows={6} />}>
        {() => {
          if (!drawn || !drawn.sources.length || !drawn.uses.length)
            return <Empty title={t("overview.no_flow")}>{t("overview.no_flow_why")}</Empty>;
          const inAll = totalOf(drawn.sources.filter((one) => one.key !== "saved"));
          const outAll = totalOf(drawn.uses.filter((one) => one.key !== "left"));
          const facts = { in: moneyText(inAll), out: moneyText(outAll), period: nameOfPeriod(period) };
          return (
            <>
              <p class="finding">
                <T k="flow.finding" {...facts} in={<Amount money={inAll} />} out={<Amount money={outAll} />} />
              </p>
              {asTable.value ? (
                <FlowTable sources={drawn.sources} uses={drawn.uses} />
              ) : (
                <Flow sources={drawn.sources} uses={drawn.uses} middle={t("flow.middle")} label={t("flow.finding", facts)} />
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

/** What to do first, for somebody who has nothing here yet. */
function Welcome(): VNode {
  const isOpening = useSignal(false);
  const me = profile.value;
  return (
    <section class="card welcome">
      <h2>{t("welcome.title")}</h2>
      <p class="lead">{t("welcome.lead")}</p>
      <ol class="steps">
        <li>
          <Wallet aria-hidden="true" />
          <div>
            <h3>{t("welcome.open")}</h3>
            <p>{t("welcome.open_why")}</p>
            <button type="button" class="button primary" onClick={() => (isOpening.value = true)}>
              <Plus aria-hidden="true" />
              {t("open.title")}
            </button>
          </div>
        </li>
        <li>
          <Search aria-hidden="true" />
          <div>
            <h3>{t("welcome.fund")}</h3>
            <p>{t("welcome.fund_why")}</p>
          </div>
        </li>
        <li>
          <Send aria-hidden="true" />
          <div>
            <h3>{t("welcome.send")}</h3>
            <p>{t("welcome.send_why")}</p>
          </div>
        </li>
      </ol>
      {me && !me.email_verified_at && <p class="hint">{t("welcome.unverified", { email: me.email })}</p>}
      {isOpening.value && <OpenAccount close={() => (isOpening.value = false)} />}
    </section>
  );
}

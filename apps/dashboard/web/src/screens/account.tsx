/** One account: its money, how it went, its number to share, and what its holder may do with it. */

import { useSignal } from "@preact/signals";
import { Copy, FileText, FileUp, Pencil, Send, Snowflake, Sun, Trash2, type LucideIcon } from "lucide-preact";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";

import { BalanceChart, BalanceTable } from "../charts/balance";
import type { Account } from "../lib/api";
import { accountName, spacedIban, useAccounts } from "../lib/bank";
import { useFound } from "../lib/found";
import { balances, useHistory } from "../lib/history";
import { date, moneyText, t, T } from "../lib/i18n";
import { isElsewhere } from "../lib/linked";
import { isZero } from "../lib/money";
import { go, params, refine, query } from "../lib/router";
import { toast } from "../lib/say";
import { Activity } from "../ui/activity";
import { Amount, Badge, Card, Spinner } from "../ui/basics";
import { EditAccount } from "../ui/edit-account";
import { Empty, Failed, Loaded, Skeleton } from "../ui/states";
import { TransactionDrawer } from "../ui/transaction";
import { AliasCard } from "./account/alias";
import { Alerts } from "./account/alerts";
import { Cards } from "./account/cards";
import { Limits } from "./account/limits";
import { People } from "./account/people";
import { Pots } from "./account/pots";
import { mayReopen, StandingChange, type Change } from "./account/standing";
import { LinkCard } from "./linked/card";
import NotFound from "./not-found";

const DAYS = 182;

export default function AccountScreen(): VNode {
  const accounts = useAccounts();
  const id = params.value.id ?? "";
  if (!accounts.data.value)
    return (
      <div class="screen">
        <div class="screen-head">
          <h1>{t("transaction.account")}</h1>
        </div>
        <Loaded of={accounts} skeleton={<Skeleton rows={1} kind="block" />}>
          {() => null}
        </Loaded>
      </div>
    );
  return (
    <Loaded of={accounts} skeleton={<Skeleton rows={1} kind="block" />}>
      {(all) => {
        const account = all.find((one) => one.id === id);
        return account ? <Shown key={id} account={account} all={all} /> : <NotFound />;
      }}
    </Loaded>
  );
}

type Asking = "" | "edit" | Change;

/** What its holder may change of where an account stands. */
function changesOf(account: Account): [Change, LucideIcon][] {
  if (account.status === "closed") return [["reopen", Sun]];
  const isFrozen = account.status === "frozen";
  const first: [Change, LucideIcon] = account.is_dormant
    ? ["reactivate", Sun]
    : isFrozen
      ? ["unfreeze", Sun]
      : ["freeze", Snowflake];
  return account.role === "owner" ? [first, ["close", Trash2]] : [first];
}

function Shown({ account, all }: { account: Account; all: Account[] }): VNode {
  const asking = useSignal<Asking>("");
  const name = accountName(account, t(`product.${account.product}`));
  const isOurs = account.product !== "external";
  const isOpen = account.status !== "closed";
  const isHolder = account.role !== "delegate";
  const isMine = account.role === "owner" && isOurs && isOpen;
  const done = () => (asking.value = "");
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{name}</h1>
        {account.status !== "active" && <Badge tone="warn">{t(`status.${account.status}`)}</Badge>}
        {account.role !== "owner" && <Badge>{t(`role.${account.role}`)}</Badge>}
      </div>
      <Money account={account} />
      <div class="columns">
        <div class="column">
          {isMine && <Pots account={account} />}
          <Postings account={account} all={all} />
        </div>
        <div class="column">
          <Details account={account} />
          {isMine && <AliasCard account={account} />}
          {isElsewhere(account) && <LinkCard account={account} />}
          {isHolder && (isOpen || mayReopen(account)) && (
            <Card title={t("account.actions")} id="account-actions">
              <div class="action-list">
                {account.status === "active" && isOurs && (
                  <a class="action" href={`/transfer?from=${account.id}`}>
                    <Send aria-hidden="true" />
                    {t("account.move")}
                  </a>
                )}
                {isOurs ? (
                  <a class="action" href={`/documents?account=${account.id}`}>
                    <FileText aria-hidden="true" />
                    {t("documents.statements")}
                  </a>
                ) : (
                  <a class="action" href={`/import?account=${account.id}`}>
                    <FileUp aria-hidden="true" />
                    {t("place.import")}
                  </a>
                )}
                {isOpen && (
                  <button type="button" class="action" onClick={() => (asking.value = "edit")}>
                    <Pencil aria-hidden="true" />
                    {t("account.edit")}
                  </button>
                )}
                {isOurs && changesOf(account).map(([change, Icon]) => (
                  <button
                    key={change}
                    type="button"
                    class={change === "close" ? "action danger" : "action"}
                    onClick={() => (asking.value = change)}
                  >
                    <Icon aria-hidden="true" />
                    {t(`account.${change}`)}
                  </button>
                ))}
              </div>
            </Card>
          )}
          {isHolder && isOurs && isOpen && <Cards account={account} />}
          {isMine && (
            <>
              <Limits account={account} />
              <Alerts account={account} />
              <People account={account} />
            </>
          )}
        </div>
      </div>
      {asking.value === "edit" && <EditAccount account={account} close={done} />}
      {asking.value && asking.value !== "edit" && (
        <StandingChange account={account} all={all} change={asking.value} close={done} />
      )}
    </div>
  );
}

function Money({ account }: { account: Account }): VNode {
  const asTable = useSignal(false);
  const history = useHistory([account], DAYS);
  const changes = history.data.value;
  const points = useMemo(
    () => (changes ? balances([account], changes, DAYS) : null),
    [changes, account.balance.version],
  );
  const { booked, available, held, overdraft } = account.balance;
  const first = points?.[0];
  return (
    <section class="card hero" aria-labelledby="account-balance">
      <div class="hero-head">
        <div>
          <h2 id="account-balance" class="hero-title">
            {t("account.balance")}
          </h2>
          <p class="hero-amount">
            <Amount money={booked} />
          </p>
          <p class="hero-finding">
            <span>
              <T k="account.available" amount={<Amount money={available} />} />
            </span>
            {!isZero(held) && (
              <span>
                <a class="link" href="/pending">
                  <T k="account.held" amount={<Amount money={held} />} />
                </a>
              </span>
            )}
            {!isZero(overdraft) && (
              <span>
                <T k="account.overdraft" amount={<Amount money={overdraft} />} />
              </span>
            )}
          </p>
        </div>
        <button type="button" class="link" aria-pressed={asTable.value} onClick={() => (asTable.value = !asTable.value)}>
          {t(asTable.value ? "action.as_chart" : "action.as_table")}
        </button>
      </div>
      {points && first ? (
        asTable.value ? (
          <BalanceTable points={points} />
        ) : (
          <BalanceChart
            points={points}
            label={t("account.finding", {
              before: moneyText(first.money),
              day: date(`${first.day}T00:00:00Z`, "day", "UTC"),
              now: moneyText(booked),
            })}
            choose={(day) => go(`/transactions?account=${account.id}&from=${day}&to=${day}`)}
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

function Postings({ account, all }: { account: Account; all: Account[] }): VNode {
  const found = useFound({ account_id: account.id }, 25);
  const opened = query.value.get("open");
  return (
    <Card
      title={t("account.postings")}
      id="account-postings"
      aside={
        <a class="link" href={`/transactions?account=${account.id}`}>
          {t("action.see_all")}
        </a>
      }
    >
      <Loaded of={found.pages} skeleton={<Skeleton rows={8} />}>
        {(page) =>
          page.items.length ? (
            <>
              <Activity
                items={page.items}
                accounts={all}
                accountId={account.id}
                balances
                open={(one) => refine({ open: one.id }, { quiet: true, replace: false })}
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
          ) : (
            <Empty title={t("overview.nothing_yet")}>
              {t(account.product === "external" ? "account.nothing_elsewhere" : "account.nothing_why")}
            </Empty>
          )
        }
      </Loaded>
      {opened && (
        <TransactionDrawer id={opened} accounts={all} accountId={account.id} close={() => refine({ open: null })} />
      )}
    </Card>
  );
}

function Details({ account }: { account: Account }): VNode {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(account.iban);
      toast(t("account.copied"));
    } catch {
      toast(t("account.not_copied"), { kind: "failed" });
    }
  };
  return (
    <Card title={t("account.details")} id="account-details">
      <dl class="facts">
        {account.iban && (
          <div>
            <dt>{t("account.iban")}</dt>
            <dd class="iban">
              <bdi>{spacedIban(account.iban)}</bdi>
            </dd>
          </div>
        )}
        <div>
          <dt>{t("open.product")}</dt>
          <dd>{t(`product.${account.product}`)}</dd>
        </div>
        <div>
          <dt>{t("open.currency")}</dt>
          <dd>{account.currency}</dd>
        </div>
        <div>
          <dt>{t("account.opened")}</dt>
          <dd>{date(account.opened_at, "dayYear")}</dd>
        </div>
      </dl>
      {account.iban && (
        <button type="button" class="button wide" onClick={() => void copy()}>
          <Copy aria-hidden="true" />
          {t("account.copy")}
        </button>
      )}
    </Card>
  );
}

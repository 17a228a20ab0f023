/** Documents: the monthly statements of each account, by year, in the formats that others read. */

import { useSignal } from "@preact/signals";
import { Download, FileText } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Account, type Schemas } from "../lib/api";
import { accountName, ending, useAccounts } from "../lib/bank";
import { download } from "../lib/download";
import { refusalOf } from "../lib/errors";
import { date, t, T, type Key } from "../lib/i18n";
import { usePages } from "../lib/pages";
import { query, refine } from "../lib/router";
import { toast } from "../lib/say";
import { Amount, Card, Spinner } from "../ui/basics";
import { More } from "../ui/more";
import { Empty, Loaded, Skeleton } from "../ui/states";

type Statement = Schemas["Statement"];
const FORMATS = { pdf: "pdf", csv: "csv", ofx: "ofx", camt053: "xml" } as const;
type Format = keyof typeof FORMATS;

export default function Documents(): VNode {
  const accounts = useAccounts();
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{t("place.documents")}</h1>
      </div>
      <Loaded of={accounts} skeleton={<Skeleton rows={6} />}>
        {(all) => {
          // The statements of an account at another bank are that bank's.
          const ours = all.filter((one) => one.product !== "external");
          const chosen = ours.find((one) => one.id === query.value.get("account")) ?? ours[0];
          if (chosen) return <Shown accounts={ours} chosen={chosen} />;
          return (
            <Card>
              <Empty
                title={t("documents.no_account")}
                action={
                  <a class="button primary" href="/">
                    {t("lost.home")}
                  </a>
                }
              >
                {t("documents.no_account_why")}
              </Empty>
            </Card>
          );
        }}
      </Loaded>
    </div>
  );
}

function Shown({ accounts, chosen }: { accounts: Account[]; chosen: Account }): VNode {
  return (
    <Card title={t("documents.statements")} id="documents-statements">
      <div class="stack">
        <div class="field">
          <label for="documents-account">{t("transaction.account")}</label>
          <select
            id="documents-account"
            value={chosen.id}
            onChange={(event) => refine({ account: event.currentTarget.value })}
          >
            {accounts.map((one) => (
              <option key={one.id} value={one.id}>
                {accountName(one, t(`product.${one.product}`))} ·· {ending(one.iban)}
              </option>
            ))}
          </select>
        </div>
        <Statements key={chosen.id} account={chosen} />
      </div>
    </Card>
  );
}

/** Days of statements are UTC. */
const instant = (day: string): string => `${day}T00:00:00Z`;

function nextMonth(): Date {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}

function byYear(statements: Statement[]): [string, Statement[]][] {
  const years = new Map<string, Statement[]>();
  for (const one of statements) {
    const year = one.last_date.slice(0, 4);
    years.set(year, [...(years.get(year) ?? []), one]);
  }
  return [...years];
}

function Statements({ account }: { account: Account }): VNode {
  const path = { account_id: account.id };
  const found = usePages<Statement>(`statements:${account.id}`, (at) =>
    get(api.GET("/api/accounts/{account_id}/statements", { params: { path, query: { ...at, limit: 24 } } })),
  );
  return (
    <Loaded of={found.pages} skeleton={<Skeleton rows={6} />}>
      {(page) =>
        page.items.length ? (
          <>
            {byYear(page.items).map(([year, statements]) => (
              <section key={year} aria-labelledby={`year-${year}`}>
                <h3 id={`year-${year}`} class="day">
                  {year}
                </h3>
                <ul class="things">
                  {statements.map((one) => (
                    <Row key={one.id} account={account} one={one} />
                  ))}
                </ul>
              </section>
            ))}
            <More of={found} />
          </>
        ) : (
          <Empty title={t("documents.none")}>
            {account.status === "closed"
              ? t("documents.none_closed")
              : t("documents.first", { day: date(nextMonth(), "dayYear", "UTC") })}
          </Empty>
        )
      }
    </Loaded>
  );
}

function Row({ account, one }: { account: Account; one: Statement }): VNode {
  const month = date(instant(one.last_date), "monthYear", "UTC");
  return (
    <li class="thing">
      <span class="thing-mark">
        <FileText aria-hidden="true" />
      </span>
      <div class="thing-text">
        <div class="thing-name">{month}</div>
        <span class="row-more">
          <T k="documents.from_to" opening={<Amount money={one.opening} />} closing={<Amount money={one.closing} />} />
        </span>
        <span class="row-more">
          <T k="documents.in_out" in={<Amount money={one.credits} />} out={<Amount money={one.debits} />} />
        </span>
      </div>
      <div class="thing-tools">
        {(Object.keys(FORMATS) as Format[]).map((format) => (
          <Save key={format} account={account} one={one} month={month} format={format} />
        ))}
      </div>
    </li>
  );
}

function Save(props: { account: Account; one: Statement; month: string; format: Format }): VNode {
  const { account, one, month, format } = props;
  const busy = useSignal(false);
  const name = t(`documents.${format}` as Key);
  const save = async () => {
    if (busy.value) return;
    busy.value = true;
    try {
      const params = { path: { account_id: account.id, statement_id: one.id }, query: { format } };
      const path = "/api/accounts/{account_id}/statements/{statement_id}/file";
      const file = await get(api.GET(path, { params, parseAs: "blob" }));
      download(file, `statement-${ending(account.iban)}-${one.last_date.slice(0, 7)}.${FORMATS[format]}`);
    } catch (error) {
      toast(refusalOf(error).message, { kind: "failed" });
    } finally {
      busy.value = false;
    }
  };
  return (
    <button
      type="button"
      class="button small"
      aria-disabled={busy.value}
      aria-label={t("documents.save", { month, format: name })}
      onClick={() => void save()}
    >
      {busy.value ? <Spinner /> : <Download aria-hidden="true" />}
      {name}
    </button>
  );
}

/** Import: a statement of an account at another bank is sent, looked at, corrected and brought in. */

import { useSignal } from "@preact/signals";
import { FileText, Landmark } from "lucide-preact";
import type { VNode } from "preact";

import type { Account } from "../lib/api";
import { useAccounts } from "../lib/bank";
import { date, t, type Key } from "../lib/i18n";
import { summary, useImports, type Import } from "../lib/imports";
import { query } from "../lib/router";
import { Badge, Card } from "../ui/basics";
import { More } from "../ui/more";
import { OpenAccount } from "../ui/open-account";
import { Empty, Loaded, Skeleton } from "../ui/states";
import { Preview } from "./import/preview";
import { Upload } from "./import/upload";

export default function ImportScreen(): VNode {
  const id = query.value.get("id");
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{t("place.import")}</h1>
      </div>
      {id ? <Preview key={id} id={id} /> : <Start />}
    </div>
  );
}

function Start(): VNode {
  const accounts = useAccounts();
  return (
    <div class="columns">
      <Card title={t("import.send")} id="import-send">
        <Loaded of={accounts} skeleton={<Skeleton rows={4} />}>
          {(all) => {
            const own = all.filter((one) => one.product === "external" && one.status !== "closed");
            return own.length ? <Upload accounts={own} /> : <Guide />;
          }}
        </Loaded>
      </Card>
      <Card title={t("import.yours")} id="import-yours">
        <Imports accounts={accounts.data.value ?? []} />
      </Card>
    </div>
  );
}

/** Without an account at another bank there is nothing that a statement could be of. */
function Guide(): VNode {
  const isOpening = useSignal(false);
  return (
    <>
      <Empty
        title={t("import.no_account")}
        action={
          <button type="button" class="button primary" onClick={() => (isOpening.value = true)}>
            <Landmark aria-hidden="true" />
            {t("import.add_account")}
          </button>
        }
      >
        {t("import.no_account_why")}
      </Empty>
      {isOpening.value && <OpenAccount elsewhere close={() => (isOpening.value = false)} />}
    </>
  );
}

const TONES = { ready: "good", needs_mapping: "warn", failed: "bad" } as const;

function Imports({ accounts }: { accounts: Account[] }): VNode {
  const found = useImports();
  const nameOf = (id: string) => accounts.find((one) => one.id === id)?.nickname || t("product.external");
  const row = (one: Import) => (
    <li class="thing" key={one.id}>
      <span class="thing-mark">
        <FileText aria-hidden="true" />
      </span>
      <div class="thing-text">
        <div class="thing-name">
          <a class="link" href={`/import?id=${one.id}`}>
            <bdi>{one.filename || t("import.file")}</bdi>
          </a>
          <Badge tone={TONES[one.state as keyof typeof TONES] ?? "plain"}>{t(`import.state.${one.state}` as Key)}</Badge>
        </div>
        <span class="row-more">
          {nameOf(one.account_id)} · {date(one.created_at, "dayYear")}
        </span>
        {(one.state === "ready" || one.state === "published") && <span class="row-more">{summary(one.rows)}</span>}
      </div>
    </li>
  );
  return (
    <Loaded of={found.pages} skeleton={<Skeleton rows={3} />}>
      {(page) => {
        const shown = page.items.filter((one) => one.state !== "cancelled");
        return (
          <>
            {shown.length ? (
              <ul class="things">{shown.map(row)}</ul>
            ) : (
              <Empty title={t("import.none")}>{t("import.none_why")}</Empty>
            )}
            <More of={found} />
          </>
        );
      }}
    </Loaded>
  );
}

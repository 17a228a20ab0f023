/** One import: what the file says line by line, what becomes of each line, and whether it is brought in. */

import { useSignal } from "@preact/signals";
import { ArrowDownLeft, ArrowUpRight, Check, SlidersHorizontal, TriangleAlert } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { api, get } from "../../lib/api";
import { refusalOf, type Refusal } from "../../lib/errors";
import { date, number, t, type Key } from "../../lib/i18n";
import { STATUSES, summary, useImport, useRows, type Import, type ImportRow, type RowStatus, type Tagged } from "../../lib/imports";
import { asMoney, isNegative } from "../../lib/money";
import { amend, stale } from "../../lib/resource";
import { go, query, refine } from "../../lib/router";
import { announce, toast } from "../../lib/say";
import { Amount, Badge, Card, Spinner } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { More } from "../../ui/more";
import { Empty, Failed, FilteredEmpty, FormFailure, Loaded, Skeleton } from "../../ui/states";
import { Mapping } from "./mapping";

export function Preview({ id }: { id: string }): VNode {
  const found = useImport(id);
  return (
    <Loaded of={found} skeleton={<Skeleton rows={8} />}>
      {(tagged) => (
        <>
          {found.error.value && <Failed refusal={found.error.value} retry={() => void found.reload()} />}
          <Shown tagged={tagged} />
        </>
      )}
    </Loaded>
  );
}

function Shown({ tagged }: { tagged: Tagged }): VNode {
  const { one } = tagged;
  const isTelling = useSignal(false);
  const isCancelling = useSignal(false);
  const asksMore = one.state === "needs_mapping" || one.state === "failed";
  const told = () => {
    isTelling.value = false;
    go(`/import?id=${one.id}`);
  };
  const mayChange = one.state === "ready" || asksMore;
  return (
    <>
      <Card title={<bdi>{one.filename || t("import.file")}</bdi>} id="import-file" aside={<State one={one} />}>
        <Standing one={one} />
        <div class="actions">
          <a class="button" href="/import">
            {t("import.other")}
          </a>
          {mayChange && (
            <button type="button" class="button" onClick={() => (isCancelling.value = true)}>
              {t("import.cancel")}
            </button>
          )}
          {one.state === "ready" && (
            <button
              type="button"
              class="button"
              aria-expanded={isTelling.value}
              onClick={() => (isTelling.value = !isTelling.value)}
            >
              <SlidersHorizontal aria-hidden="true" />
              {t("import.columns")}
            </button>
          )}
          {one.state === "ready" && one.rows.new > 0 && <Publish one={one} />}
          {one.state === "published" && (
            <a class="button primary" href={`/accounts/${one.account_id}`}>
              {t("import.show_account")}
            </a>
          )}
        </div>
      </Card>
      {(asksMore || (isTelling.value && one.state === "ready")) && (
        <Mapping key={tagged.etag} tagged={tagged} done={told} />
      )}
      {(one.state === "ready" || one.state === "published") && <Rows one={one} />}
      {isCancelling.value && <Cancel one={one} close={() => (isCancelling.value = false)} />}
    </>
  );
}

function State({ one }: { one: Import }): VNode {
  const tone = one.state === "failed" ? "bad" : one.state === "needs_mapping" ? "warn" : "good";
  return <Badge tone={tone}>{t(`import.state.${one.state}` as Key)}</Badge>;
}

/** Where it stands, in a sentence that is also read out when it changes. */
function Standing({ one }: { one: Import }): VNode {
  const isDone = one.state === "ready" || one.state === "published";
  const text = isDone ? summary(one.rows) : t(`import.now.${one.state}` as Key);
  useEffect(() => announce(text, { only: true }), [text]);
  const isBusy = one.state === "reading" || one.state === "publishing";
  return (
    <>
      <p class="finding">
        {isBusy && <Spinner />} {text}
      </p>
      {one.state === "ready" && !one.rows.new && <p class="hint">{t("import.nothing_new")}</p>}
      {one.notes.map((note) => (
        <p class="hint" key={note} dir="auto">
          {note}
        </p>
      ))}
    </>
  );
}

function Publish({ one }: { one: Import }): VNode {
  const busy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const publish = async () => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      // Asked twice, it happens once: after a lost answer it may simply be pressed again.
      const params = { path: { import_id: one.id } };
      await get(api.POST("/api/transactions/imports/{import_id}/publish", { params }));
      // The button is gone by then: the heading takes the focus, and all lines are shown.
      go(`/import?id=${one.id}`);
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      busy.value = false;
      stale(`import:${one.id}`, `import-rows:${one.id}`, "imports", "accounts", "found", "latest", "sums", "history");
    }
  };
  return (
    <>
      <FormFailure refusal={failure.value} />
      <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void publish()}>
        {busy.value ? <Spinner /> : <Check aria-hidden="true" />}
        {t("import.publish", { count: one.rows.new })}
      </button>
    </>
  );
}

function Cancel({ one, close }: { one: Import; close: () => void }): VNode {
  const run = async () => {
    const params = { path: { import_id: one.id } };
    await get(api.POST("/api/transactions/imports/{import_id}/cancel", { params }));
    stale("imports", `import:${one.id}`);
    toast(t("import.cancelled"));
    // The dialog gives the focus back first; the screen then takes it.
    queueMicrotask(() => go("/import"));
  };
  return (
    <Confirm title={t("import.cancel_title")} text={t("import.cancel_why")} verb={t("import.cancel")} run={run} close={close} />
  );
}

const isStatus = (text: string | null): text is RowStatus => STATUSES.some((one) => one === text);

function Rows({ one }: { one: Import }): VNode {
  const asked = query.value.get("status");
  const status = isStatus(asked) ? asked : "";
  return (
    <Card title={t("import.lines")} id="import-lines">
      <div class="chips" role="group" aria-label={t("import.which")}>
        {(["", ...STATUSES] as const)
          .filter((each) => !each || each === status || one.rows[each])
          .map((each) => (
            <button
              key={each}
              type="button"
              class={each === status ? "chip on" : "chip"}
              aria-pressed={each === status}
              onClick={() => refine({ status: each || null })}
            >
              {each ? t(`import.status.${each}` as Key) : t("filter.any")}
              {each && ` · ${number(one.rows[each])}`}
            </button>
          ))}
      </div>
      <List key={status} one={one} status={status} />
    </Card>
  );
}

function List({ one, status }: { one: Import; status: RowStatus | "" }): VNode {
  const found = useRows(one.id, status);
  const former = useRef(one.changed_at);
  useEffect(() => {
    // Read in another way, or published, the lines are others.
    if (former.current !== one.changed_at) stale(`import-rows:${one.id}`);
    former.current = one.changed_at;
  }, [one.changed_at]);
  return (
    <Loaded of={found.pages} skeleton={<Skeleton rows={8} />}>
      {(page) =>
        page.items.length ? (
          <>
            <ul class="things">
              {page.items.map((row) => (
                <Row key={row.line} one={one} row={row} />
              ))}
            </ul>
            <More of={found} />
          </>
        ) : status ? (
          <FilteredEmpty clear={() => refine({ status: null })} />
        ) : (
          <Empty title={t("import.no_lines")} />
        )
      }
    </Loaded>
  );
}

const TONES = { new: "good", posted: "good", invalid: "bad", refused: "bad", duplicate: "plain", excluded: "plain" } as const;

/** Who or what it is about, what becomes of it and why, and a way to leave it out. */
function Row({ one, row }: { one: Import; row: ImportRow }): VNode {
  const money = row.amount ? asMoney(row.amount) : null;
  const Icon = !money ? TriangleAlert : isNegative(money) ? ArrowUpRight : ArrowDownLeft;
  const name = row.counterparty || row.description || t("import.line", { line: row.line });
  const why = row.status === "duplicate" ? t("import.why_duplicate") : row.reason;
  return (
    <li class="thing">
      <span class="thing-mark">
        <Icon aria-hidden="true" />
      </span>
      <div class="thing-text">
        <div class="thing-name">
          <bdi>{name}</bdi>
          <Badge tone={TONES[row.status]}>{t(`import.status.${row.status}` as Key)}</Badge>
        </div>
        <span class="row-more">
          {row.booked_date && date(`${row.booked_date}T00:00:00Z`, "dayYear", "UTC")}
          {row.counterparty && row.description && row.description !== row.counterparty && (
            <>
              {" · "}
              <bdi>{row.description}</bdi>
            </>
          )}
        </span>
        {why && (
          <span class="row-more" dir="auto">
            {why}
          </span>
        )}
      </div>
      <div class="thing-tools">
        {money && <Amount money={money} flow />}
        {one.state === "ready" && <Leave one={one} row={row} name={name} />}
      </div>
    </li>
  );
}

function Leave({ one, row, name }: { one: Import; row: ImportRow; name: string }): VNode | null {
  const busy = useSignal(false);
  if (row.status !== "new" && row.status !== "excluded") return null;
  const excluded = row.status === "new";
  const change = async () => {
    if (busy.value) return;
    busy.value = true;
    try {
      const params = { path: { import_id: one.id, line: row.line } };
      const path = "/api/transactions/imports/{import_id}/rows/{line}";
      const changed = await get(api.PATCH(path, { params, body: { excluded } }));
      amend<{ items: ImportRow[] }>(`import-rows:${one.id}`, (page) => ({
        ...page,
        items: page.items.map((each) => (each.line === changed.line ? changed : each)),
      }));
      // An equal line may move up in its place, and the counts are others.
      stale(`import:${one.id}`);
    } catch (error) {
      toast(refusalOf(error).message, { kind: "failed" });
    } finally {
      busy.value = false;
    }
  };
  const verb = t(excluded ? "import.leave_out" : "import.take_in");
  return (
    <button
      type="button"
      class="button small"
      aria-disabled={busy.value}
      aria-label={t(excluded ? "import.leave_out_one" : "import.take_in_one", { name })}
      onClick={() => void change()}
    >
      {busy.value && <Spinner />}
      {verb}
    </button>
  );
}

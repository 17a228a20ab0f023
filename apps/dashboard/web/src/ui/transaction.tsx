/** One transaction, in a drawer: what happened, and how its owner files it. */

import { useSignal } from "@preact/signals";
import { Check, ChevronDown, Plus, X } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";

import { api, get, type Account, type Transaction } from "../lib/api";
import { accountName, ended, type Page } from "../lib/bank";
import { useCategories } from "../lib/categories";
import { refusalOf, type Refusal } from "../lib/errors";
import { Field, TextArea, useForm } from "../lib/form";
import { date, kindName, t } from "../lib/i18n";
import { asMoney, isNegative } from "../lib/money";
import { amend, stale, useResource } from "../lib/resource";
import { toast } from "../lib/say";
import { seen } from "./activity";
import { Amount, Avatar, Badge, Submit } from "./basics";
import { CategoryOptions } from "./category-options";
import { Dialog } from "./dialog";
import { Dispute } from "./dispute";
import { Papers } from "./papers";
import { SplitParts } from "./split";
import { FormFailure, Loaded, Skeleton } from "./states";

export function TransactionDrawer({
  id,
  accounts,
  accountId,
  close,
}: {
  id: string;
  accounts: Account[];
  accountId?: string;
  close: () => void;
}): VNode {
  const params = { path: { posting_id: id } };
  const found = useResource(`transaction:${id}`, () =>
    get(api.GET("/api/transactions/{posting_id}", { params })),
  );
  return (
    <Dialog title={t("transaction.title")} close={close} kind="drawer">
      <Loaded of={found} skeleton={<Skeleton rows={6} />}>
        {(one) => <Details one={one} accounts={accounts} accountId={accountId} />}
      </Loaded>
    </Dialog>
  );
}

function Details({
  one,
  accounts,
  accountId,
}: {
  one: Transaction;
  accounts: Account[];
  accountId?: string | undefined;
}): VNode {
  const { nameOf } = useCategories();
  const { name, entry, isOwn } = seen(one, accounts, nameOf, accountId);
  const facts: [string, VNode | string][] = [
    [t("transaction.booked"), date(one.booked_at, "full")],
    [t("transaction.kind"), kindName(one.kind)],
  ];
  if (one.effective_date !== one.booked_at.slice(0, 10))
    facts.push([t("transaction.effective"), date(`${one.effective_date}T00:00:00Z`, "dayYear", "UTC")]);
  if (one.description && one.description !== name) facts.push([t("transaction.description"), one.description]);
  if (one.reference) facts.push([t("transaction.reference"), one.reference]);
  for (const side of one.entries) {
    const account = accounts.find((own) => own.id === side.account_id);
    const label = account
      ? `${accountName(account, t(`product.${account.product}`))} ${ended(account.iban)}`.trim()
      : t("transaction.account");
    facts.push([
      label,
      <span class="fact-money" key={side.account_id}>
        {isOwn && <Amount money={asMoney(side.amount)} sign="always" />}
        <span>
          {t("transaction.balance_after")} <Amount money={asMoney(side.balance_after)} />
        </span>
      </span>,
    ]);
  }
  return (
    <div class="stack loose">
      <div class="transaction-head">
        <Avatar name={name} />
        <div>
          <p class="transaction-name">{name}</p>
          <p class="transaction-amount">
            <Amount money={asMoney(entry.amount)} sign={isOwn && !accountId ? "never" : "always"} flow={!isOwn} />
          </p>
        </div>
        {one.reversed_by_id && <Badge tone="warn">{t("transaction.reversed")}</Badge>}
        {one.reverses_id && <Badge>{t("transaction.reversal")}</Badge>}
      </div>
      <dl class="facts">
        {facts.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <CategoryChoice one={one} />
      <Filing id={one.id} />
      {!isOwn && (
        <More name={t("split.title")}>
          <SplitParts one={one} />
        </More>
      )}
      <More name={t("papers.title")}>
        <Papers id={one.id} />
      </More>
      {isNegative(asMoney(entry.amount)) && !isOwn && (
        <More name={t("dispute.title")}>
          <Dispute id={one.id} />
        </More>
      )}
      <p class="request-id">{t("transaction.id", { id: one.id })}</p>
    </div>
  );
}

/** What is seldom wanted is read when it is opened. */
function More({ name, children }: { name: string; children: ComponentChildren }): VNode {
  const isOpen = useSignal(false);
  return (
    <details class="more-of-it" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>
        {name}
        <ChevronDown aria-hidden="true" />
      </summary>
      {isOpen.value && children}
    </details>
  );
}

function CategoryChoice({ one }: { one: Transaction }): VNode {
  const failure = useSignal<Refusal | null>(null);
  const saved = useSignal(false);
  const choose = async (category: string) => {
    failure.value = null;
    saved.value = false;
    const params = { path: { posting_id: one.id } };
    try {
      const changed = await get(api.PATCH("/api/transactions/{posting_id}", { params, body: { category } }));
      amend<Transaction>(`transaction:${one.id}`, () => changed);
      const inPage = (page: Page): Page => ({
        ...page,
        items: page.items.map((item) => (item.id === one.id ? changed : item)),
      });
      amend<Page>("latest", inPage);
      amend<Page>("found", inPage);
      stale("sums");
      saved.value = true;
    } catch (error) {
      failure.value = refusalOf(error);
    }
  };
  return (
    <div class="field">
      <label for={`category-${one.id}`}>{t("transaction.category")}</label>
      <select
        id={`category-${one.id}`}
        value={one.category}
        onChange={(event) => void choose(event.currentTarget.value)}
      >
        <CategoryOptions value={one.category} />
      </select>
      <p class="hint" role="status">
        {saved.value && (
          <>
            <Check aria-hidden="true" /> {t("transaction.saved")}
          </>
        )}
      </p>
      {failure.value && <p class="field-error">{failure.value.message}</p>}
    </div>
  );
}

type Filed = { tags: string[]; note: string };

/** Tags and note: for the owner's eyes only. */
function Filing({ id }: { id: string }): VNode {
  const params = { path: { posting_id: id } };
  const filing = useResource(`filing:${id}`, async (): Promise<Filed> => {
    const { tags = [], note = "" } = await get(api.GET("/api/transactions/{posting_id}/filing", { params }));
    return { tags, note };
  });
  return (
    <Loaded of={filing} skeleton={<Skeleton rows={2} />}>
      {(filed) => <FilingForm id={id} filed={filed} />}
    </Loaded>
  );
}

function FilingForm({ id, filed }: { id: string; filed: Filed }): VNode {
  const tags = useSignal(filed.tags);
  const form = useForm({
    initial: { note: filed.note, tag: "" },
    send: async ({ note, tag }) => {
      const added = tag.trim();
      const all = added && !tags.value.includes(added) ? [...tags.value, added] : tags.value;
      const params = { path: { posting_id: id } };
      const body = { tags: all, note };
      const kept = await get(api.PUT("/api/transactions/{posting_id}/filing", { params, body }));
      tags.value = kept.tags ?? [];
      form.set("tag", "");
      amend<Filed>(`filing:${id}`, () => ({ tags: kept.tags ?? [], note: kept.note ?? "" }));
      stale("found");
      toast(t("transaction.filed"));
    },
  });
  return (
    <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
      <FormFailure refusal={form.failure.value} />
      <div class="tags">
        {tags.value.map((tag) => (
          <button
            type="button"
            class="chip on"
            key={tag}
            aria-label={t("transaction.remove_tag", { tag })}
            onClick={() => (tags.value = tags.value.filter((one) => one !== tag))}
          >
            {tag}
            <X aria-hidden="true" />
          </button>
        ))}
      </div>
      <Field
        form={form}
        name="tag"
        label={t("transaction.tag")}
        hint={t("transaction.tag_hint")}
        maxLength={40}
        before={<Plus class="in-front" aria-hidden="true" />}
      />
      <TextArea form={form} name="note" label={t("transaction.note")} rows={3} maxLength={500} />
      <div class="actions">
        <Submit busy={form.busy.value}>{t("transaction.save")}</Submit>
      </div>
    </form>
  );
}

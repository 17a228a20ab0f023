/** Moving money: to another account of one's own, or to another customer. Typed, looked over, sent once. */

import { useSignal } from "@preact/signals";
import { ArrowDown, CircleCheck } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { api, get, once, type Account, type Schemas } from "../lib/api";
import { accountName, ending, spacedIban, useAccounts } from "../lib/bank";
import { Refusal, refusalOf } from "../lib/errors";
import { Field, Select, useForm, useIntent } from "../lib/form";
import { date, moneyText, t, T } from "../lib/i18n";
import { asMoney, minor, typedAmount, type Money } from "../lib/money";
import { stale } from "../lib/resource";
import { query } from "../lib/router";
import { announce } from "../lib/say";
import { Amount, Avatar, Card, Segmented, Spinner, Submit } from "../ui/basics";
import { Empty, FormFailure, Loaded, Skeleton } from "../ui/states";

type Payee = { account_id: string; name: string; detail: string; isOwn: boolean };
type Plan = {
  source: Account;
  payee: Payee;
  amount: Money;
  description: string;
  reference: string;
};
type Receipt = { plan: Plan; made: Schemas["Transaction"] };
type Step = { at: "form" } | { at: "review"; plan: Plan } | { at: "receipt"; receipt: Receipt };

export default function Transfer(): VNode {
  const accounts = useAccounts();
  return (
    <div class="screen narrow">
      <div class="screen-head">
        <h1>{t("place.transfer")}</h1>
      </div>
      <Loaded of={accounts} skeleton={<Skeleton rows={6} />}>
        {(all) => {
          const usable = all.filter((one) => one.status === "active" && one.product !== "external");
          if (usable.length) return <Steps accounts={usable} />;
          return (
            <Card>
              <Empty
                title={t("transfer.no_account")}
                action={
                  <a class="button primary" href="/">
                    {t("lost.home")}
                  </a>
                }
              >
                {t("transfer.no_account_why")}
              </Empty>
            </Card>
          );
        }}
      </Loaded>
    </div>
  );
}

function Steps({ accounts }: { accounts: Account[] }): VNode {
  const step = useSignal<Step>({ at: "form" });
  const round = useSignal(0);
  const now = step.value;
  if (now.at === "receipt")
    return (
      <ReceiptCard
        receipt={now.receipt}
        again={() => {
          round.value++;
          step.value = { at: "form" };
        }}
      />
    );
  return (
    <>
      <div hidden={now.at !== "form"}>
        <TransferForm key={round.value} accounts={accounts} review={(plan) => (step.value = { at: "review", plan })} />
      </div>
      {now.at === "review" && (
        <Review
          plan={now.plan}
          back={() => (step.value = { at: "form" })}
          done={(made) => (step.value = { at: "receipt", receipt: { plan: now.plan, made } })}
        />
      )}
    </>
  );
}

const named = (one: Account): string =>
  `${accountName(one, t(`product.${one.product}`))} ·· ${ending(one.iban)}`;

function TransferForm({ accounts, review }: { accounts: Account[]; review: (plan: Plan) => void }): VNode {
  const others = (source: Account) =>
    accounts.filter((one) => one.id !== source.id && one.currency === source.currency);
  const asked = query.value.get("from");
  const first = accounts.find((one) => one.id === asked) ?? accounts[0]!;
  const to = useSignal<"own" | "other">(others(first).length ? "own" : "other");
  const form = useForm({
    initial: {
      from: first.id,
      own: query.value.get("to") ?? others(first)[0]?.id ?? "",
      iban: "",
      name: "",
      amount: "",
      description: "",
      reference: "",
    },
    names: { target_account_id: "iban", counterparty: "name" },
    check: ({ from, own, iban, amount }) => {
      const source = accounts.find((one) => one.id === from) ?? first;
      return {
        own: to.value === "own" && !others(source).some((one) => one.id === own) ? t("transfer.which") : undefined,
        iban: to.value === "other" && iban.replace(/\s/g, "").length < 10 ? t("transfer.missing_iban") : undefined,
        amount: wrongAmount(amount, source),
      };
    },
    send: async (values) => {
      const source = accounts.find((one) => one.id === values.from) ?? first;
      const payee = to.value === "own" ? ownPayee(accounts, values.own) : await resolved(values, source);
      const amount = typedAmount(values.amount, source.currency)!;
      const plan: Plan = {
        source,
        payee,
        amount: { amount, currency: source.currency },
        description: values.description.trim(),
        reference: values.reference.trim(),
      };
      // The bank says now what it would say later, so that nobody confirms in vain.
      await get(api.POST("/api/transactions/estimate", { body: bodyOf(plan) }));
      review(plan);
    },
  });
  const source = accounts.find((one) => one.id === form.values.value.from) ?? first;
  const own = others(source);
  useEffect(() => {
    if (!own.some((one) => one.id === form.values.value.own)) form.set("own", own[0]?.id ?? "");
    if (!own.length) to.value = "other";
  }, [source.id]);
  return (
    <Card>
      <form class="stack loose" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Select
          form={form}
          name="from"
          label={t("transfer.from")}
          hint={<T k="account.available" amount={<Amount money={source.balance.available} />} />}
        >
          {accounts.map((one) => (
            <option key={one.id} value={one.id}>
              {named(one)} · {moneyText(one.balance.booked)}
            </option>
          ))}
        </Select>
        <div class="stack">
          <Segmented
            label={t("transfer.to")}
            value={to.value}
            options={[
              ...(own.length ? [{ value: "own" as const, text: t("transfer.to_own") }] : []),
              { value: "other" as const, text: t("transfer.to_other") },
            ]}
            choose={(value) => (to.value = value)}
          />
          {to.value === "own" ? (
            <Select form={form} name="own" label={t("transfer.to")}>
              {own.map((one) => (
                <option key={one.id} value={one.id}>
                  {named(one)}
                </option>
              ))}
            </Select>
          ) : (
            <>
              <Field
                form={form}
                name="iban"
                label={t("transfer.iban")}
                hint={t("transfer.iban_hint")}
                spellcheck={false}
                autocapitalize="characters"
                maxLength={64}
              />
              <Field form={form} name="name" label={t("transfer.name")} hint={t("transfer.name_hint")} maxLength={120} />
            </>
          )}
        </div>
        <Field
          form={form}
          name="amount"
          label={t("transfer.amount", { currency: source.currency })}
          inputMode="decimal"
          maxLength={24}
        />
        <Field form={form} name="description" label={t("transfer.description")} hint={t("transfer.description_hint")} maxLength={140} />
        <div class="actions">
          <Submit busy={form.busy.value}>{t("transfer.review")}</Submit>
        </div>
      </form>
    </Card>
  );
}

function wrongAmount(text: string, source: Account): string | undefined {
  const amount = typedAmount(text, source.currency);
  if (!amount) return t("transfer.wrong_amount");
  const { available } = source.balance;
  if (minor({ amount, currency: source.currency }) > minor(available))
    return t("transfer.too_much", { amount: moneyText(available) });
  return undefined;
}

function ownPayee(accounts: Account[], id: string): Payee {
  const account = accounts.find((one) => one.id === id)!;
  const name = accountName(account, t(`product.${account.product}`));
  return { account_id: id, name, detail: spacedIban(account.iban), isOwn: true };
}

async function resolved(values: { iban: string; name: string }, source: Account): Promise<Payee> {
  const params = { query: { iban: values.iban } };
  const complain = (detail: string) =>
    new Refusal({ code: "validation_failed", errors: [{ pointer: "/iban", code: "", detail }] } as never);
  let found;
  try {
    found = await get(api.GET("/api/accounts/resolve", { params }));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.status === 404) throw complain(t("transfer.nobody"));
    if (refusal.status === 422 && !Object.keys(refusal.fields).length) throw complain(refusal.message);
    throw refusal;
  }
  if (found.account_id === source.id) throw complain(t("transfer.same"));
  if (found.currency !== source.currency)
    throw complain(t("transfer.other_currency", { theirs: found.currency, ours: source.currency }));
  const name = values.name.trim();
  const detail = name ? `${found.holder} · ${found.iban}` : found.iban;
  return { account_id: found.account_id, name: name || found.holder, detail, isOwn: false };
}

function bodyOf({ source, payee, amount, description, reference }: Plan) {
  return {
    source_account_id: source.id,
    target_account_id: payee.account_id,
    amount,
    description,
    reference,
    counterparty: payee.isOwn ? "" : payee.name,
    category: payee.isOwn && source.product !== "savings" ? ("savings" as const) : ("transfers" as const),
    pending: false,
  };
}

function Review({
  plan,
  back,
  done,
}: {
  plan: Plan;
  back: () => void;
  done: (made: Schemas["Transaction"]) => void;
}): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const busy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const intent = useIntent();
  useEffect(() => heading.current?.focus(), []);
  const send = async () => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    const body = bodyOf(plan);
    const ask = (key: string) =>
      api.POST("/api/transactions", { params: { header: { "Idempotency-Key": key } }, body });
    try {
      const made = await once(ask, intent.key(body));
      intent.done();
      stale("accounts", "latest", "found", "history", "sums");
      done(made as Schemas["Transaction"]);
    } catch (error) {
      const refusal = refusalOf(error);
      failure.value = refusal.isSilence ? new Refusal({ code: "outcome_unknown" }) : refusal;
    } finally {
      busy.value = false;
    }
  };
  return (
    <section class="card review" aria-labelledby="review-title">
      <h2 id="review-title" tabIndex={-1} ref={heading}>
        {t("transfer.check")}
      </h2>
      <FormFailure refusal={failure.value} />
      <p class="review-amount">
        <Amount money={plan.amount} />
      </p>
      <div class="review-path">
        <Party name={accountName(plan.source, t(`product.${plan.source.product}`))} detail={spacedIban(plan.source.iban)} />
        <ArrowDown aria-hidden="true" />
        <Party name={plan.payee.name} detail={plan.payee.detail} />
      </div>
      <dl class="facts">
        {plan.description && (
          <div>
            <dt>{t("transfer.description")}</dt>
            <dd>{plan.description}</dd>
          </div>
        )}
        <div>
          <dt>{t("transfer.when")}</dt>
          <dd>{t("transfer.at_once")}</dd>
        </div>
      </dl>
      {!plan.payee.isOwn && <p class="hint">{t("transfer.warning")}</p>}
      <div class="actions">
        <button type="button" class="button" onClick={back}>
          {t("action.back")}
        </button>
        <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void send()}>
          {busy.value && <Spinner />}
          {t("transfer.send", { amount: moneyText(plan.amount) })}
        </button>
      </div>
    </section>
  );
}

function Party({ name, detail }: { name: string; detail: string }): VNode {
  return (
    <div class="party">
      <Avatar name={name} />
      <span>
        <span class="row-name">{name}</span>
        <span class="row-more">
          <bdi>{detail}</bdi>
        </span>
      </span>
    </div>
  );
}

function ReceiptCard({ receipt, again }: { receipt: Receipt; again: () => void }): VNode {
  const { plan, made } = receipt;
  const heading = useRef<HTMLHeadingElement>(null);
  const entry = made.entries.find((one) => one.account_id === plan.source.id);
  useEffect(() => {
    heading.current?.focus();
    announce(t("transfer.sent", { amount: moneyText(plan.amount), name: plan.payee.name }));
  }, []);
  return (
    <section class="card review receipt" aria-labelledby="receipt-title">
      <CircleCheck class="receipt-mark" aria-hidden="true" />
      <h2 id="receipt-title" tabIndex={-1} ref={heading}>
        <T k="transfer.sent" amount={<Amount money={plan.amount} />} name={plan.payee.name} />
      </h2>
      <dl class="facts">
        <div>
          <dt>{t("transaction.booked")}</dt>
          <dd>{date(made.booked_at, "full")}</dd>
        </div>
        <div>
          <dt>{t("transfer.from")}</dt>
          <dd>{named(plan.source)}</dd>
        </div>
        <div>
          <dt>{t("transfer.to")}</dt>
          <dd>{plan.payee.name}</dd>
        </div>
        {entry && (
          <div>
            <dt>{t("transfer.left")}</dt>
            <dd>
              <Amount money={asMoney(entry.balance_after)} />
            </dd>
          </div>
        )}
        <div>
          <dt>{t("transfer.number")}</dt>
          <dd class="small">{made.id}</dd>
        </div>
      </dl>
      <div class="actions">
        <button type="button" class="button" onClick={again}>
          {t("transfer.again")}
        </button>
        <a class="button primary" href={`/transactions?open=${made.id}`}>
          {t("transfer.show")}
        </a>
      </div>
    </section>
  );
}

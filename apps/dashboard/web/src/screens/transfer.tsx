/** Moving money: to another account of one's own, or to another customer. Typed, looked over, sent once. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import { meansName } from "../lib/alias";
import { api, get, type Account, type Schemas } from "../lib/api";
import { useAccounts } from "../lib/bank";
import { Field, Select, useForm } from "../lib/form";
import { moneyText, t, T } from "../lib/i18n";
import { typedAmount } from "../lib/money";
import { query } from "../lib/router";
import { Amount, Card, Segmented, Submit } from "../ui/basics";
import { Empty, FormFailure, Loaded, Skeleton } from "../ui/states";
import { ExchangeReview, exchangeReceipt, quoted, type Offer } from "./transfer/exchange";
import { HeldCard } from "./transfer/held";
import { bodyOf, named, ownPayee, resolved, wrongAmount, type Plan } from "./transfer/plan";
import { ReceiptCard, Review } from "./transfer/review";

type Made = Schemas["Transaction"];
type Held = Schemas["Pending"];
type Step =
  | { at: "form" }
  | { at: "review"; plan: Plan; offer: Offer | null }
  | { at: "receipt"; plan: Plan; offer: Offer | null; made: Made | Held };

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
  const back = () => (step.value = { at: "form" });
  const again = () => {
    round.value++;
    step.value = { at: "form" };
  };
  if (now.at === "receipt") {
    const { plan, made, offer } = now;
    if (!("entries" in made)) return <HeldCard plan={plan} held={made} again={again} />;
    if (offer) return <ReceiptCard plan={plan} made={made} again={again} {...exchangeReceipt(offer)} />;
    const title = <T k="transfer.sent" amount={<Amount money={plan.amount} />} name={plan.payee.name} />;
    const spoken = t("transfer.sent", { amount: moneyText(plan.amount), name: plan.payee.name });
    return <ReceiptCard plan={plan} made={made} again={again} title={title} spoken={spoken} />;
  }
  return (
    <>
      <div hidden={now.at !== "form"}>
        <TransferForm
          key={round.value}
          accounts={accounts}
          review={(plan, offer) => (step.value = { at: "review", plan, offer })}
        />
      </div>
      {now.at === "review" &&
        (now.offer ? (
          <ExchangeReview
            plan={now.plan}
            first={now.offer}
            back={back}
            done={(made, offer) => (step.value = { at: "receipt", plan: now.plan, made, offer })}
          />
        ) : (
          <Review
            plan={now.plan}
            back={back}
            done={(made) => (step.value = { at: "receipt", plan: now.plan, made, offer: null })}
          />
        ))}
    </>
  );
}

/** One's other accounts, those of the same currency first. */
function othersOf(accounts: Account[], source: Account): Account[] {
  const others = accounts.filter((one) => one.id !== source.id && one.role === "owner");
  const same = (one: Account) => Number(one.currency !== source.currency);
  return others.sort((a, b) => same(a) - same(b));
}

const mayBeSomebody = (text: string): boolean => meansName(text.trim()) || text.replace(/\s/g, "").length >= 10;

function TransferForm({
  accounts,
  review,
}: {
  accounts: Account[];
  review: (plan: Plan, offer: Offer | null) => void;
}): VNode {
  const asked = query.value.get("from");
  const first = accounts.find((one) => one.id === asked) ?? accounts[0]!;
  const sourceOf = (id: string) => accounts.find((one) => one.id === id) ?? first;
  const to = useSignal<"own" | "other">(othersOf(accounts, first).length ? "own" : "other");
  const form = useForm({
    initial: {
      from: first.id,
      own: query.value.get("to") ?? othersOf(accounts, first)[0]?.id ?? "",
      iban: "",
      name: "",
      amount: "",
      description: "",
      reference: "",
    },
    names: { target_account_id: "iban", counterparty: "name" },
    check: ({ from, own, iban, amount }) => {
      const isChosen = othersOf(accounts, sourceOf(from)).some((one) => one.id === own);
      return {
        own: to.value === "own" && !isChosen ? t("transfer.which") : undefined,
        iban: to.value === "other" && !mayBeSomebody(iban) ? t("transfer.missing_iban") : undefined,
        amount: wrongAmount(amount, sourceOf(from)),
      };
    },
    send: async (values) => {
      const source = sourceOf(values.from);
      const payee = to.value === "own" ? ownPayee(accounts, values.own) : await resolved(values, source);
      const plan: Plan = {
        source,
        payee,
        amount: { amount: typedAmount(values.amount, source.currency)!, currency: source.currency },
        description: values.description.trim(),
        reference: values.reference.trim(),
      };
      if (payee.currency !== source.currency) return review(plan, await quoted(plan));
      // The bank says now what it would say later, so that nobody confirms in vain.
      await get(api.POST("/api/transactions/estimate", { body: bodyOf(plan) }));
      review(plan, null);
    },
  });
  const source = sourceOf(form.values.value.from);
  const own = othersOf(accounts, source);
  const target = own.find((one) => one.id === form.values.value.own);
  const isExchange = to.value === "own" && target !== undefined && target.currency !== source.currency;
  useEffect(() => {
    if (!target) form.set("own", own[0]?.id ?? "");
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
            <Select
              form={form}
              name="own"
              label={t("transfer.to")}
              hint={isExchange ? t("exchange.hint", { from: source.currency, to: target.currency }) : undefined}
            >
              {own.map((one) => (
                <option key={one.id} value={one.id}>
                  {named(one)} · {one.currency}
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
        {!isExchange && (
          <Field
            form={form}
            name="description"
            label={t("transfer.description")}
            hint={t("transfer.description_hint")}
            maxLength={140}
          />
        )}
        <div class="actions">
          <Submit busy={form.busy.value}>{t(isExchange ? "exchange.ask" : "transfer.review")}</Submit>
        </div>
      </form>
    </Card>
  );
}

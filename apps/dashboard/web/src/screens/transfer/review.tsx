/** The transfer once more before it is sent, and what became of it. */

import { useSignal } from "@preact/signals";
import { ArrowDown, CircleCheck } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { api, once, type Schemas } from "../../lib/api";
import { accountName, spacedIban } from "../../lib/bank";
import { Refusal, refusalOf } from "../../lib/errors";
import { useIntent } from "../../lib/form";
import { date, moneyText, t } from "../../lib/i18n";
import { asMoney } from "../../lib/money";
import { stale } from "../../lib/resource";
import { announce } from "../../lib/say";
import { Amount, Avatar, Spinner } from "../../ui/basics";
import { FormFailure } from "../../ui/states";
import { bodyOf, named, type Plan } from "./plan";

type Made = Schemas["Transaction"];

export const moved = (): void => stale("accounts", "latest", "found", "history", "sums", "pots", "pending");

export function Review({
  plan,
  back,
  done,
}: {
  plan: Plan;
  back: () => void;
  done: (made: Made | Schemas["Pending"]) => void;
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
      moved();
      done(made);
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
      <Path plan={plan} />
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

export function Path({ plan }: { plan: Plan }): VNode {
  const { source, payee } = plan;
  return (
    <div class="review-path">
      <Party name={accountName(source, t(`product.${source.product}`))} detail={spacedIban(source.iban)} />
      <ArrowDown aria-hidden="true" />
      <Party name={payee.name} detail={payee.detail} />
    </div>
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

export function ReceiptCard({
  plan,
  made,
  title,
  spoken,
  facts,
  again,
}: {
  plan: Plan;
  made: Made;
  title: VNode;
  spoken: string;
  facts?: ComponentChildren;
  again: () => void;
}): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const entry = made.entries.find((one) => one.account_id === plan.source.id);
  useEffect(() => {
    heading.current?.focus();
    announce(spoken);
  }, []);
  return (
    <section class="card review receipt" aria-labelledby="receipt-title">
      <CircleCheck class="receipt-mark" aria-hidden="true" />
      <h2 id="receipt-title" tabIndex={-1} ref={heading}>
        {title}
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
        {facts}
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

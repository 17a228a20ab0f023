/** What became of a transfer that the bank looks at before it is made. */

import { useSignal } from "@preact/signals";
import { Hourglass } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Schemas } from "../../lib/api";
import { Refusal, refusalOf } from "../../lib/errors";
import { useIntent } from "../../lib/form";
import { moneyText, t, T } from "../../lib/i18n";
import { callOff } from "../../lib/pendings";
import { stale } from "../../lib/resource";
import { announce } from "../../lib/say";
import { Amount, Spinner } from "../../ui/basics";
import { FormFailure } from "../../ui/states";
import { named, type Plan } from "./plan";

export function HeldCard({
  plan,
  held,
  again,
}: {
  plan: Plan;
  held: Schemas["Pending"];
  again: () => void;
}): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  const busy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const intent = useIntent();
  const words = { amount: moneyText(plan.amount), name: plan.payee.name };
  useEffect(() => {
    heading.current?.focus();
    announce(t("transfer.held", words));
  }, []);
  const off = async () => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await callOff(held.id, intent.key(held.id));
      stale("pots");
      announce(t("transfer.called_off"));
      again();
    } catch (error) {
      const refusal = refusalOf(error);
      failure.value = refusal.isSilence ? new Refusal({ code: "outcome_unknown" }) : refusal;
    } finally {
      busy.value = false;
    }
  };
  return (
    <section class="card review receipt" aria-labelledby="held-title">
      <Hourglass class="receipt-mark" aria-hidden="true" />
      <h2 id="held-title" tabIndex={-1} ref={heading}>
        <T k="transfer.held" amount={<Amount money={plan.amount} />} name={plan.payee.name} />
      </h2>
      <p class="hint">{t("transfer.held_why")}</p>
      <FormFailure refusal={failure.value} />
      <dl class="facts">
        <div>
          <dt>{t("transfer.from")}</dt>
          <dd>{named(plan.source)}</dd>
        </div>
        <div>
          <dt>{t("transfer.number")}</dt>
          <dd class="small">{held.id}</dd>
        </div>
      </dl>
      <div class="actions">
        <button type="button" class="button" aria-disabled={busy.value} onClick={() => void off()}>
          {busy.value && <Spinner />}
          {t("transfer.call_off")}
        </button>
        <a class="button primary" href={`/pending?open=${held.id}`}>
          {t("pending.what_next")}
        </a>
      </div>
    </section>
  );
}

/** One payment that has not moved: where it stands, what happens next, and calling it off. */

import { useSignal } from "@preact/signals";
import { Check, CircleX, Hourglass, type LucideIcon } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Account } from "../../lib/api";
import { Refusal, refusalOf } from "../../lib/errors";
import { useIntent } from "../../lib/form";
import { date, t, type Key } from "../../lib/i18n";
import { asMoney, isZero } from "../../lib/money";
import { callOff, payeeOf, sourceOf, useWhile, type Pending, type State } from "../../lib/pendings";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Amount, Avatar, Badge } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Loaded, Skeleton } from "../../ui/states";

const TONES: Record<State, "plain" | "good" | "warn" | "bad"> = {
  under_review: "warn",
  pending: "plain",
  posted: "good",
  voided: "plain",
  rejected: "bad",
  expired: "plain",
};

const read = (transaction_id: string): Promise<Pending> =>
  get(api.GET("/api/transactions/pending/{transaction_id}", { params: { path: { transaction_id } } }));

export function PendingDrawer({
  id,
  accounts,
  close,
}: {
  id: string;
  accounts: Account[];
  close: () => void;
}): VNode {
  const found = useResource(`pending:one:${id}`, () => read(id));
  useWhile(found.data.value?.state === "under_review", () => stale("pending"));
  return (
    <Dialog title={t("pending.title")} close={close} kind="drawer">
      <Loaded of={found} skeleton={<Skeleton rows={6} />}>
        {(one) => <Details one={one} accounts={accounts} />}
      </Loaded>
    </Dialog>
  );
}

function Details({ one, accounts }: { one: Pending; accounts: Account[] }): VNode {
  const asking = useSignal(false);
  const intent = useIntent();
  const state = one.state as State;
  const name = payeeOf(one, accounts);
  const isOpen = state === "under_review" || state === "pending";
  const off = async () => {
    try {
      await callOff(one.id, intent.key(one.id));
    } catch (error) {
      const refusal = refusalOf(error);
      // Somebody at the bank, or whoever is paid, was faster.
      if (refusal.status === 409) stale("pending", "accounts");
      throw refusal.isSilence ? new Refusal({ code: "outcome_unknown" }) : refusal;
    }
    // Somebody at the bank may have been faster, to whom calling off then changes nothing.
    const { state: became } = await read(one.id);
    toast(t(became === "rejected" ? "pending.step.rejected" : "transfer.called_off"));
  };
  return (
    <div class="stack loose">
      <div class="transaction-head">
        <Avatar name={name} />
        <div>
          <p class="transaction-name">
            <bdi>{name}</bdi>
          </p>
          <p class="transaction-amount">
            <Amount money={asMoney(one.amount)} />
          </p>
        </div>
        <Badge tone={TONES[state]}>{t(`pending.is.${state}`)}</Badge>
      </div>
      <Steps one={one} state={state} />
      <dl class="facts">
        <Fact term={t("transfer.from")}>{sourceOf(one, accounts)}</Fact>
        {one.description && <Fact term={t("transfer.description")}>{one.description}</Fact>}
        {one.reference && <Fact term={t("transaction.reference")}>{one.reference}</Fact>}
        {!isZero(asMoney(one.committed)) && (
          <Fact term={t("pending.committed")}>
            <Amount money={asMoney(one.committed)} />
          </Fact>
        )}
        <Fact term={t("transfer.number")}>
          <span class="small">{one.id}</span>
        </Fact>
      </dl>
      {isOpen && (
        <div class="actions">
          <button type="button" class="button" onClick={() => (asking.value = true)}>
            {t("transfer.call_off")}
          </button>
        </div>
      )}
      {state === "posted" && (
        <a class="button" href={`/transactions?open=${one.id}`}>
          {t("transfer.show")}
        </a>
      )}
      {asking.value && (
        <Confirm
          title={t("pending.call_off_one", { name })}
          text={t("pending.call_off_why")}
          verb={t("transfer.call_off")}
          run={off}
          close={() => (asking.value = false)}
        />
      )}
    </div>
  );
}

function Fact({ term, children }: { term: string; children: string | VNode }): VNode {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

type Step = { icon: LucideIcon; text: string; more: string; isNow?: boolean };

/** What has happened to it, and what will: in order, the step at which it stands marked. */
function Steps({ one, state }: { one: Pending; state: State }): VNode {
  const first: Step = {
    icon: Check,
    text: t("pending.step.set_aside"),
    more: date(one.placed_at, "full"),
  };
  const until = date(one.expires_at, "full");
  const steps: Step[] =
    state === "under_review" || state === "pending"
      ? [
          first,
          { icon: Hourglass, text: t(`pending.step.${state}`), more: t(`pending.step.${state}_why`), isNow: true },
          { icon: Check, text: t("pending.step.then"), more: t("pending.step.until", { when: until }) },
        ]
      : [
          first,
          {
            icon: state === "posted" ? Check : CircleX,
            text: t(`pending.step.${state}` as Key),
            more: one.closed_at ? date(one.closed_at, "full") : "",
            isNow: true,
          },
        ];
  return (
    <section aria-label={t("pending.next")}>
      <ol class="steps">
        {steps.map(({ icon: Icon, text, more, isNow }) => (
          <li key={text} aria-current={isNow ? "step" : undefined}>
            <Icon aria-hidden="true" />
            <div>
              <p class="step-name">{text}</p>
              <p class="row-more">{more}</p>
            </div>
          </li>
        ))}
      </ol>
      {state === "rejected" && <p class="hint">{t("pending.rejected_why")}</p>}
    </section>
  );
}

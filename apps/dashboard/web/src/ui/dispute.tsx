/** Saying that something is wrong with a transaction, and what became of it. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../lib/api";
import { refusalOf } from "../lib/errors";
import { Select, TextArea, useForm } from "../lib/form";
import { date, t } from "../lib/i18n";
import { stale, useResource } from "../lib/resource";
import { toast } from "../lib/say";
import { Badge, Submit } from "./basics";
import { FormFailure, Loaded, Skeleton } from "./states";

const REASONS = ["unrecognised", "duplicate", "wrong_amount", "not_received", "cancelled", "other"] as const;
const TONES = { open: "warn", in_review: "warn", refunded: "good", rejected: "bad", withdrawn: "plain" } as const;

export function Dispute({ id }: { id: string }): VNode {
  const disputes = useResource("disputes", async () => {
    const query = { limit: 200 };
    return (await get(api.GET("/api/transactions/disputes", { params: { query } }))).items;
  });
  return (
    <Loaded of={disputes} skeleton={<Skeleton rows={1} />}>
      {(all) => {
        const mine = all.filter((one) => one.transaction_id === id);
        const isOver = mine.every((one) => one.state === "withdrawn" || one.state === "rejected");
        return (
          <div class="stack">
            {mine.map((one) => (
              <Made key={one.id} one={one} />
            ))}
            {isOver && <Report id={id} />}
          </div>
        );
      }}
    </Loaded>
  );
}

function Made({ one }: { one: Schemas["Dispute"] }): VNode {
  const busy = useSignal(false);
  const withdraw = async () => {
    if (busy.value) return;
    busy.value = true;
    try {
      const params = { path: { dispute_id: one.id } };
      await get(api.POST("/api/transactions/disputes/{dispute_id}/withdraw", { params }));
      toast(t("dispute.withdrawn_done"));
      stale("disputes");
    } catch (error) {
      toast(refusalOf(error).message, { kind: "failed" });
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="stack">
      <p>
        <Badge tone={TONES[one.state]}>{t(`dispute.state.${one.state}`)}</Badge>
      </p>
      <p>
        {t(`dispute.reason.${one.reason}`)}, {date(one.opened_at, "dayYear")}
      </p>
      {one.words && <p class="hint">{one.words}</p>}
      {one.answer && <p>{t("dispute.answer", { words: one.answer })}</p>}
      {(one.state === "open" || one.state === "in_review") && (
        <button type="button" class="button" aria-disabled={busy.value} onClick={() => void withdraw()}>
          {t("dispute.withdraw")}
        </button>
      )}
    </div>
  );
}

function Report({ id }: { id: string }): VNode {
  const form = useForm({
    initial: { reason: "unrecognised", words: "" },
    send: async ({ reason, words }) => {
      const params = { path: { posting_id: id } };
      const body = { reason: reason as (typeof REASONS)[number], words: words.trim() };
      await get(api.POST("/api/transactions/{posting_id}/dispute", { params, body }));
      toast(t("dispute.sent"));
      stale("disputes");
    },
  });
  return (
    <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
      <FormFailure refusal={form.failure.value} />
      <Select form={form} name="reason" label={t("dispute.what")}>
        {REASONS.map((one) => (
          <option key={one} value={one}>
            {t(`dispute.reason.${one}`)}
          </option>
        ))}
      </Select>
      <TextArea form={form} name="words" label={t("dispute.words")} rows={3} maxLength={500} />
      <div class="actions">
        <Submit busy={form.busy.value}>{t("dispute.send")}</Submit>
      </div>
    </form>
  );
}

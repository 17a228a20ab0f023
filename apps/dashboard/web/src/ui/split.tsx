/** Splitting a transaction into parts that are filed apart; the parts always add up to it. */

import { useSignal } from "@preact/signals";
import { Plus, Trash2 } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Transaction } from "../lib/api";
import { useCategories } from "../lib/categories";
import { refusalOf, type Refusal } from "../lib/errors";
import { t, T } from "../lib/i18n";
import { asMoney, fromMinor, isNegative, isZero, minor, negated, typedAmount, type Money } from "../lib/money";
import { stale, useResource } from "../lib/resource";
import { toast } from "../lib/say";
import { Amount, Spinner } from "./basics";
import { CategoryOptions } from "./category-options";
import { FormFailure, Loaded, Skeleton } from "./states";

type Part = { amount: string; category: string; note: string };

export function SplitParts({ one }: { one: Transaction }): VNode {
  const params = { path: { posting_id: one.id } };
  const split = useResource(`split:${one.id}`, async (): Promise<Part[]> => {
    const { parts } = await get(api.GET("/api/transactions/{posting_id}/split", { params }));
    return parts.map(({ amount, category, note = "" }) => ({ amount: amount.amount, category, note }));
  });
  const signed = asMoney(one.entries[0]!.amount);
  const whole = isNegative(signed) ? negated(signed) : signed;
  return (
    <Loaded of={split} skeleton={<Skeleton rows={2} />}>
      {(parts) => <Parts key={parts.length} one={one} whole={whole} kept={parts} />}
    </Loaded>
  );
}

function Parts({ one, whole, kept }: { one: Transaction; whole: Money; kept: Part[] }): VNode {
  const parts = useSignal<Part[]>(kept);
  const wrong = useSignal<number | null>(null);
  const failure = useSignal<Refusal | null>(null);
  const busy = useSignal(false);
  const { nameOf } = useCategories();
  const { currency } = whole;
  const given = parts.value.reduce((sum, part) => {
    const amount = typedAmount(part.amount, currency);
    return sum + (amount ? minor({ amount, currency }) : 0n);
  }, 0n);
  const left = fromMinor(minor(whole) - given, currency);
  const change = (index: number, patch: Partial<Part>) => {
    wrong.value = null;
    parts.value = parts.value.map((part, at) => (at === index ? { ...part, ...patch } : part));
  };
  const empty: Part = { amount: "", category: one.category, note: "" };
  const add = () => {
    const amount = isNegative(left) || isZero(left) ? "" : left.amount;
    parts.value = [...parts.value, { ...empty, amount }];
  };
  const act = async (work: () => Promise<unknown>, word: string) => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await work();
      toast(word);
      stale(`split:${one.id}`, "sums", "found");
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      busy.value = false;
    }
  };
  const params = { path: { posting_id: one.id } };
  const save = (event: Event) => {
    event.preventDefault();
    const at = parts.value.findIndex((part) => !typedAmount(part.amount, currency));
    if (at >= 0) {
      wrong.value = at;
      document.getElementById(`part-${at}-amount`)?.focus();
      return;
    }
    const body = {
      parts: parts.value.map((part) => ({
        amount: { amount: typedAmount(part.amount, currency)!, currency },
        category: part.category,
        note: part.note.trim(),
      })),
    };
    void act(() => get(api.PUT("/api/transactions/{posting_id}/split", { params, body })), t("split.saved"));
  };
  const unsplit = () =>
    act(() => get(api.DELETE("/api/transactions/{posting_id}/split", { params })), t("split.undone"));
  if (!parts.value.length)
    return (
      <button type="button" class="button" onClick={() => (parts.value = [empty, empty])}>
        {t("split.start")}
      </button>
    );
  return (
    <form class="stack" onSubmit={save} noValidate>
      <FormFailure refusal={failure.value} />
      {parts.value.map((part, index) => (
        <fieldset class="part" key={index}>
          <legend class="hidden">{t("split.part", { number: index + 1 })}</legend>
          <div class="field">
            <label for={`part-${index}-amount`}>{t("transfer.amount", { currency })}</label>
            <input
              id={`part-${index}-amount`}
              inputMode="decimal"
              maxLength={24}
              value={part.amount}
              aria-invalid={wrong.value === index ? "true" : undefined}
              aria-describedby={wrong.value === index ? `part-${index}-error` : undefined}
              onInput={(event) => change(index, { amount: event.currentTarget.value })}
            />
          </div>
          <div class="field">
            <label for={`part-${index}-category`}>{t("transaction.category")}</label>
            <select
              id={`part-${index}-category`}
              value={part.category}
              onChange={(event) => change(index, { category: event.currentTarget.value })}
            >
              <CategoryOptions value={part.category} />
            </select>
          </div>
          <button
            type="button"
            class="icon-button quiet"
            aria-label={t("split.remove", { name: nameOf(part.category) })}
            onClick={() => (parts.value = parts.value.filter((_, at) => at !== index))}
          >
            <Trash2 aria-hidden="true" />
          </button>
          {wrong.value === index && (
            <p class="field-error" id={`part-${index}-error`}>
              {t("transfer.wrong_amount")}
            </p>
          )}
        </fieldset>
      ))}
      <p class={isZero(left) ? "hint" : "field-error"} role="status">
        {isZero(left) ? t("split.whole") : <T k="split.left" amount={<Amount money={left} />} />}
      </p>
      <div class="actions">
        {kept.length > 0 && (
          <button type="button" class="button" onClick={() => void unsplit()}>
            {t("split.undo")}
          </button>
        )}
        <button type="button" class="button" onClick={add}>
          <Plus aria-hidden="true" />
          {t("split.add")}
        </button>
        <button type="submit" class="button primary" aria-disabled={busy.value}>
          {busy.value && <Spinner />}
          {t("split.save")}
        </button>
      </div>
    </form>
  );
}

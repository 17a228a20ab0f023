/** Payments that have not moved: looked at by the bank, set aside, or not made. */

import { useEffect } from "preact/hooks";

import { api, get, once, type Account, type Schemas } from "./api";
import { accountName, ending } from "./bank";
import { t } from "./i18n";
import { usePages, type Pages } from "./pages";
import { stale } from "./resource";

export type Pending = Schemas["Pending"];
/** As the API names them; it says of the field that it is a text. */
export type State = "pending" | "under_review" | "posted" | "voided" | "rejected" | "expired";

const LOOK_MS = 15_000;

export function usePendings(state: State): Pages<Pending> {
  const found = usePages<Pending>(`pending:${state}`, (at) =>
    get(api.GET("/api/transactions/pending", { params: { query: { ...at, state, limit: 20 } } })),
  );
  // Nothing tells a page that somebody at the bank has said no.
  const isWaiting = state === "under_review" && !!found.pages.data.value?.items.length;
  useWhile(isWaiting, () => stale("pending"));
  return found;
}

/** Do something again and again as long as something waits, and the page is looked at. */
export function useWhile(isWaiting: boolean, look: () => void): void {
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => document.hidden || look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [isWaiting]);
}

export async function callOff(id: string, key: string): Promise<void> {
  const ask = (once: string) =>
    api.POST("/api/transactions/{posting_id}/void", {
      params: { path: { posting_id: id }, header: { "Idempotency-Key": once } },
      body: { reason: "" },
    });
  await once(ask, key);
  stale("pending", "accounts", "latest", "found", "history", "sums");
}

/** To whom, as the payer has called them or said it. */
export const payeeOf = (one: Pending, accounts: Account[]): string => {
  const own = accounts.find(({ id }) => id === one.target_account_id);
  return own
    ? accountName(own, t(`product.${own.product}`))
    : one.counterparty || one.description || t("pending.somebody");
};

export const sourceOf = (one: Pending, accounts: Account[]): string => {
  const own = accounts.find(({ id }) => id === one.source_account_id);
  return own ? `${accountName(own, t(`product.${own.product}`))} ·· ${ending(own.iban)}` : t("transaction.account");
};

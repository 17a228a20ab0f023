/** What is to be moved: from which account, to whom, and how the bank is asked for it. */

import { meansName } from "../../lib/alias";
import { api, get, type Account } from "../../lib/api";
import { accountName, ending, spacedIban } from "../../lib/bank";
import { Refusal, refusalOf } from "../../lib/errors";
import { moneyText, t } from "../../lib/i18n";
import { minor, typedAmount, type Money } from "../../lib/money";

export type Payee = { account_id: string; name: string; detail: string; currency: string; isOwn: boolean };
export type Plan = {
  source: Account;
  payee: Payee;
  amount: Money;
  description: string;
  reference: string;
};

export const named = (one: Account): string =>
  `${accountName(one, t(`product.${one.product}`))} ·· ${ending(one.iban)}`;

/** A refusal of ours that belongs beside a field. */
export const complaint = (field: string, detail: string): Refusal =>
  new Refusal({ code: "validation_failed", errors: [{ pointer: `/${field}`, code: "", detail }] } as never);

export function wrongAmount(text: string, source: Account): string | undefined {
  const amount = typedAmount(text, source.currency);
  if (!amount) return t("transfer.wrong_amount");
  const { available } = source.balance;
  if (minor({ amount, currency: source.currency }) > minor(available))
    return t("transfer.too_much", { amount: moneyText(available) });
  return undefined;
}

export function ownPayee(accounts: Account[], id: string): Payee {
  const account = accounts.find((one) => one.id === id)!;
  const name = accountName(account, t(`product.${account.product}`));
  return { account_id: id, name, detail: spacedIban(account.iban), currency: account.currency, isOwn: true };
}

export async function resolved(values: { iban: string; name: string }, source: Account): Promise<Payee> {
  const said = values.iban.trim();
  const params = { query: meansName(said) ? { alias: said } : { iban: said } };
  const complain = (detail: string) => complaint("iban", detail);
  let found;
  try {
    found = await get(api.GET("/api/accounts/resolve", { params }));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.status === 404) throw complain(t(meansName(said) ? "transfer.nobody_so" : "transfer.nobody"));
    if (refusal.status === 422 && !Object.keys(refusal.fields).length) throw complain(refusal.message);
    throw refusal;
  }
  if (found.account_id === source.id) throw complain(t("transfer.same"));
  if (found.currency !== source.currency)
    throw complain(t("transfer.other_currency", { theirs: found.currency, ours: source.currency }));
  const name = values.name.trim();
  const number = meansName(said) ? `@${said.replace(/^@/, "").toLowerCase()} · ${found.iban}` : found.iban;
  const detail = name ? `${found.holder} · ${number}` : number;
  return { account_id: found.account_id, name: name || found.holder, detail, currency: found.currency, isOwn: false };
}

export function bodyOf({ source, payee, amount, description, reference }: Plan) {
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


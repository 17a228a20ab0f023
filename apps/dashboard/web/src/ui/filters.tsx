/** All filters of a search, in a drawer; they are applied together. */

import type { VNode } from "preact";

import type { Account } from "../lib/api";
import { accountName, ended } from "../lib/bank";
import type { Filters } from "../lib/found";
import { Field, Select, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { fromMinor, minor, typedAmount } from "../lib/money";
import { refine } from "../lib/router";
import { CategoryOptions } from "./category-options";
import { Dialog } from "./dialog";

const KINDS = ["transfer", "deposit", "withdrawal", "card", "fee", "interest", "reversal", "exchange"] as const;
const SORTS = ["booked_at", "-amount", "amount"] as const;

export function FilterDrawer({
  filters,
  accounts,
  close,
}: {
  filters: Filters;
  accounts: Account[];
  close: () => void;
}): VNode {
  const currency = (id: string) =>
    accounts.find((one) => one.id === id)?.currency ?? accounts[0]?.currency ?? "EUR";
  const shown = (units: string | undefined) =>
    units && /^\d+$/.test(units) ? fromMinor(BigInt(units), currency(filters.account ?? "")).amount : "";
  const form = useForm({
    initial: {
      account: filters.account ?? "",
      category: filters.category ?? "",
      direction: filters.direction ?? "",
      kind: filters.kind ?? "",
      from: filters.from ?? "",
      to: filters.to ?? "",
      least: shown(filters.least),
      most: shown(filters.most),
      tag: filters.tag ?? "",
      sort: filters.sort ?? "",
    },
    check: ({ account, from, to, least, most }) => ({
      to: from && to && from > to ? t("filter.wrong_days") : undefined,
      least: least && !typedAmount(least, currency(account)) ? t("filter.wrong_amount") : undefined,
      most: most && !typedAmount(most, currency(account)) ? t("filter.wrong_amount") : undefined,
    }),
    send: async (values) => {
      const code = currency(values.account);
      const units = (text: string) => {
        const amount = typedAmount(text, code);
        return amount ? minor({ amount, currency: code }).toString() : null;
      };
      refine({ ...values, tag: values.tag.trim(), least: units(values.least), most: units(values.most) });
      close();
    },
  });
  return (
    <Dialog title={t("transactions.filters")} close={close} kind="drawer">
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <Select form={form} name="account" label={t("transaction.account")}>
          <option value="">{t("filter.any")}</option>
          {accounts.map((one) => (
            <option key={one.id} value={one.id}>
              {accountName(one, t(`product.${one.product}`))} {ended(one.iban)}
            </option>
          ))}
        </Select>
        <Select form={form} name="category" label={t("transaction.category")}>
          <option value="">{t("filter.any")}</option>
          <CategoryOptions value={form.values.value.category} />
        </Select>
        <div class="pair">
          <Field form={form} name="from" label={t("filter.from_label")} type="date" />
          <Field form={form} name="to" label={t("filter.to_label")} type="date" />
        </div>
        <div class="pair">
          <Field form={form} name="least" label={t("filter.least_label")} inputMode="decimal" />
          <Field form={form} name="most" label={t("filter.most_label")} inputMode="decimal" />
        </div>
        <div class="pair">
          <Select form={form} name="direction" label={t("filter.direction")}>
            <option value="">{t("filter.any")}</option>
            <option value="in">{t("filter.in")}</option>
            <option value="out">{t("filter.out")}</option>
          </Select>
          <Select form={form} name="kind" label={t("transaction.kind")}>
            <option value="">{t("filter.any")}</option>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {t(`kind.${one}`)}
              </option>
            ))}
          </Select>
        </div>
        <Field form={form} name="tag" label={t("filter.tag_label")} maxLength={40} />
        <Select form={form} name="sort" label={t("filter.sort")}>
          <option value="">{t("sort.-booked_at")}</option>
          {SORTS.map((one) => (
            <option key={one} value={one}>
              {t(`sort.${one}`)}
            </option>
          ))}
        </Select>
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <button type="submit" class="button primary">
            {t("filter.apply")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

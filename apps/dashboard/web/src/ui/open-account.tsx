/** Opening an account, here or as it stands at another bank; a second click opens no second one. */

import type { VNode } from "preact";

import { api, once } from "../lib/api";
import { Field, Select, useForm, useIntent } from "../lib/form";
import { t } from "../lib/i18n";
import { stale } from "../lib/resource";
import { go } from "../lib/router";
import { toast } from "../lib/say";
import { Submit } from "./basics";
import { Dialog } from "./dialog";
import { FormFailure } from "./states";

const PRODUCTS = ["checking", "savings", "wallet"] as const;
type Product = (typeof PRODUCTS)[number] | "external";
const CURRENCIES = ["EUR", "GBP", "USD", "CHF", "SEK", "PLN", "CZK", "JPY", "NGN", "KES", "ZAR"] as const;

export function OpenAccount({ close, elsewhere = false }: { close: () => void; elsewhere?: boolean }): VNode {
  const intent = useIntent();
  const form = useForm({
    initial: { product: elsewhere ? "external" : "checking", currency: "EUR", nickname: "" },
    send: async ({ product, currency, nickname }) => {
      const body = {
        product: product as Product,
        currency: currency as (typeof CURRENCIES)[number],
        nickname: nickname.trim(),
      };
      const ask = (key: string) =>
        api.POST("/api/accounts", { params: { header: { "Idempotency-Key": key } }, body });
      const opened = await once(ask, intent.key(body));
      intent.done();
      stale("accounts");
      close();
      toast(t("open.done"));
      go(elsewhere ? `/import?account=${opened.id}` : `/accounts/${opened.id}`);
    },
  });
  return (
    <Dialog title={t(elsewhere ? "import.add_account" : "open.title")} close={close}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        {!elsewhere && (
          <Select form={form} name="product" label={t("open.product")}>
            {PRODUCTS.map((one) => (
              <option key={one} value={one}>
                {t(`product.${one}`)}
              </option>
            ))}
          </Select>
        )}
        <Select form={form} name="currency" label={t("open.currency")}>
          {CURRENCIES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Select>
        <Field form={form} name="nickname" label={t("open.nickname")} hint={t("open.nickname_hint")} maxLength={64} />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t(elsewhere ? "import.add_account" : "open.submit")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

/** Choosing under which account here one at another bank is shown: a new one, or one that is here already. */

import type { VNode } from "preact";

import { api, once, type Account, type Schemas } from "../../lib/api";
import { accountName } from "../../lib/bank";
import { Field, Select, useForm, useIntent } from "../../lib/form";
import { t } from "../../lib/i18n";
import { readNow, type Agreement, type Offered } from "../../lib/linked";
import { stale } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Submit } from "../../ui/basics";
import { Dialog } from "../../ui/dialog";
import { FormFailure } from "../../ui/states";

const NEW = "";

export function ShowHere({
  agreement,
  offered,
  free,
  close,
}: {
  agreement: Agreement;
  offered: Offered;
  /** Accounts at other banks that are linked to nothing yet. */
  free: Account[];
  close: () => void;
}): VNode {
  const opening = useIntent();
  const linking = useIntent();
  const usable = free.filter(({ currency }) => currency === offered.currency);
  const form = useForm({
    initial: { account: usable[0]?.id ?? NEW, nickname: offered.name.slice(0, 64) },
    send: async ({ account, nickname }) => {
      const id = account || (await opened(offered.currency, nickname.trim(), opening));
      const link = await linked(id, agreement.id, offered.external_account_id, linking);
      stale("accounts", "links");
      toast(t("linked.linked"));
      close();
      // Its movements come in while one looks on; what is the matter then, the link says.
      readNow(link).catch(() => undefined);
    },
  });
  return (
    <Dialog title={t("linked.show_title")} close={close}>
      <p class="lead">{t("linked.show_why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        {usable.length > 0 && (
          <Select form={form} name="account" label={t("linked.under")}>
            {usable.map((one) => (
              <option key={one.id} value={one.id}>
                {accountName(one, t("product.external"))}
              </option>
            ))}
            <option value={NEW}>{t("linked.new_account")}</option>
          </Select>
        )}
        {form.values.value.account === NEW && (
          <Field form={form} name="nickname" label={t("open.nickname")} hint={t("open.nickname_hint")} maxLength={64} />
        )}
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("linked.show")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

type Intent = ReturnType<typeof useIntent>;

/** The same account again where a former try has opened it and could not link it. */
async function opened(currency: string, nickname: string, intent: Intent): Promise<string> {
  const body = { product: "external" as const, currency: currency as Schemas["OpeningRequest"]["currency"], nickname };
  const ask = (key: string) => api.POST("/api/accounts", { params: { header: { "Idempotency-Key": key } }, body });
  return (await once(ask, intent.key(body))).id;
}

function linked(account_id: string, consent_id: string, external_account_id: string, intent: Intent) {
  const path = { account_id };
  const body = { consent_id, external_account_id };
  const ask = (key: string) =>
    api.POST("/api/accounts/{account_id}/link", { params: { path, header: { "Idempotency-Key": key } }, body });
  return once(ask, intent.key({ ...path, ...body }));
}

/** Links that waited for this agreement go on under it, as their owner has just agreed. */
export async function goOn(agreement: Agreement, links: Iterable<Schemas["Link"]>): Promise<number> {
  let count = 0;
  for (const link of links) {
    const { bank, external_number, account_id } = link;
    const offered = agreement.accounts.find(({ number }) => number === external_number);
    if (link.status === "linked" || bank !== agreement.bank || !offered) continue;
    const key = crypto.randomUUID();
    const again = await linked(account_id, agreement.id, offered.external_account_id, { key: () => key, done: () => {} });
    readNow(again).catch(() => undefined);
    count++;
  }
  return count;
}

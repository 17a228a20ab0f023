/** How an account looks to its holder: its name, and whether the overview shows it. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

import { api, get, type Account } from "../lib/api";
import { Refusal } from "../lib/errors";
import { Field, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { stale } from "../lib/resource";
import { toast } from "../lib/say";
import { Submit } from "./basics";
import { Dialog } from "./dialog";
import { FormFailure } from "./states";

export function EditAccount({ account, close }: { account: Account; close: () => void }): VNode {
  const hidden = useSignal(account.hidden);
  const form = useForm({
    initial: { nickname: account.nickname },
    send: async ({ nickname }) => {
      const path = { account_id: account.id };
      // What another page changed in between is not overwritten unseen.
      const { data, response } = await api.GET("/api/accounts/{account_id}", { params: { path } });
      if (!data) throw new Refusal({ code: "unavailable" });
      if (data.nickname !== account.nickname || data.hidden !== account.hidden) {
        stale("accounts");
        throw new Refusal({ code: "changed_elsewhere" });
      }
      const header = { "If-Match": response.headers.get("ETag") ?? "" };
      const body = { nickname: nickname.trim(), hidden: hidden.value };
      await get(api.PATCH("/api/accounts/{account_id}", { params: { path, header }, body }));
      stale("accounts");
      toast(t("account.edited"));
      close();
    },
  });
  return (
    <Dialog title={t("account.edit")} close={close}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="nickname" label={t("open.nickname")} hint={t("open.nickname_hint")} maxLength={64} />
        <label class="check">
          <input
            type="checkbox"
            checked={hidden.value}
            onChange={(event) => (hidden.value = event.currentTarget.checked)}
          />
          {t("account.hidden")}
        </label>
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("action.save")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

/** Invitations to share somebody's account, answered with the code that its owner hands over. */

import { useSignal } from "@preact/signals";
import { UserPlus } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../lib/api";
import { Field, useForm } from "../lib/form";
import { date, t } from "../lib/i18n";
import { stale, useResource } from "../lib/resource";
import { toast } from "../lib/say";
import { Card, Submit } from "./basics";
import { Dialog } from "./dialog";
import { FormFailure } from "./states";
import { Thing } from "./thing";

type Invitation = Schemas["Invitation"];

export function Invitations(): VNode | null {
  const answering = useSignal<Invitation | null>(null);
  const known = useResource("invitations", async () => (await get(api.GET("/api/accounts/invitations"))).items);
  const items = known.data.value ?? [];
  if (!items.length && !answering.value) return null;
  return (
    <Card id="invitations" title={t("invitations.title")}>
      <ul class="things">
        {items.map((one) => (
          <Thing
            key={one.id}
            icon={<UserPlus />}
            name={<bdi>{one.iban}</bdi>}
            more={[
              t(one.role === "joint" ? "people.joint_more" : one.may_pay ? "people.may_pay" : "people.may_see"),
              t("people.until", { day: date(one.expires_at, "dayYear") }),
            ].join(" · ")}
            tools={
              <button type="button" class="button small" onClick={() => (answering.value = one)}>
                {t("invitations.answer")}
              </button>
            }
          />
        ))}
      </ul>
      {answering.value && <Answer one={answering.value} close={() => (answering.value = null)} />}
    </Card>
  );
}

function Answer({ one, close }: { one: Invitation; close: () => void }): VNode {
  const params = { path: { member_id: one.id } };
  const done = (text: string) => {
    stale("invitations", "accounts", "latest", "found");
    toast(text);
    close();
  };
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({ code: code.trim() ? undefined : t("invitations.missing_code") }),
    send: async ({ code }) => {
      const body = { code: code.trim() };
      await get(api.POST("/api/accounts/invitations/{member_id}/accept", { params, body }));
      done(t("invitations.accepted"));
    },
  });
  const no = useForm({
    initial: {},
    send: async () => {
      await get(api.POST("/api/accounts/invitations/{member_id}/decline", { params }));
      done(t("invitations.declined"));
    },
  });
  return (
    <Dialog title={t("invitations.title")} close={close}>
      <p class="lead">{t("invitations.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value ?? no.failure.value} />
        <Field form={form} name="code" label={t("invitations.code")} maxLength={32} spellcheck={false} />
        <div class="actions">
          <button type="button" class="button" aria-disabled={no.busy.value} onClick={no.submit}>
            {t("invitations.decline")}
          </button>
          <Submit busy={form.busy.value}>{t("invitations.accept")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

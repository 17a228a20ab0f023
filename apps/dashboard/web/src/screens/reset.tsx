/** A forgotten password: asking for a link, and setting a new one by it. */

import { useSignal } from "@preact/signals";
import { CircleCheck, MailCheck, type LucideIcon } from "lucide-preact";
import type { VNode } from "preact";

import { api, get } from "../lib/api";
import { PasswordField, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { query, refine } from "../lib/router";
import { AskAddress } from "../ui/address";
import { Submit } from "../ui/basics";
import { FormFailure } from "../ui/states";
import { Frame } from "./frame";

export default function Reset(): VNode {
  const token = useSignal(query.value.get("token") ?? "");
  if (query.value.has("token")) refine({ token: null });
  return token.value ? <Set token={token.value} /> : <Ask />;
}

function Done({ icon: Icon, text }: { icon: LucideIcon; text: string }): VNode {
  return (
    <div class="front-done" role="status">
      <Icon aria-hidden="true" />
      <p>{text}</p>
      <a class="button primary" href="/sign-in">
        {t("reset.to_sign_in")}
      </a>
    </div>
  );
}

function Ask(): VNode {
  const sent = useSignal("");
  const send = async (email: string) => {
    await get(api.POST("/api/auth/password/forgot", { body: { email } }));
    sent.value = email;
  };
  if (sent.value)
    return (
      <Frame title={t("reset.sent_title")}>
        <Done icon={MailCheck} text={t("reset.sent", { email: sent.value })} />
      </Frame>
    );
  return <AskAddress title={t("reset.ask_title")} lead={t("reset.ask")} verb={t("reset.send")} send={send} />;
}

function Set({ token }: { token: string }): VNode {
  const done = useSignal(false);
  const form = useForm({
    initial: { password: "" },
    check: ({ password }) => ({ password: [...password].length >= 12 ? undefined : t("register.short") }),
    send: async ({ password }) => {
      await get(api.POST("/api/auth/password/reset", { body: { token, password } }));
      done.value = true;
    },
  });
  if (done.value)
    return (
      <Frame title={t("reset.title")}>
        <Done icon={CircleCheck} text={t("reset.done")} />
      </Frame>
    );
  return (
    <Frame title={t("reset.title")} below={<a href="/sign-in">{t("reset.to_sign_in")}</a>}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <PasswordField
          form={form}
          name="password"
          label={t("field.new_password")}
          hint={t("register.password_hint")}
          autocomplete="new-password"
          maxLength={1024}
          showText={t("action.show")}
          hideText={t("action.hide")}
        />
        <Submit busy={form.busy.value} wide>
          {t("reset.submit")}
        </Submit>
      </form>
    </Frame>
  );
}

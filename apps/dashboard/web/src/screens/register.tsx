/** Becoming a customer. The answer never tells whether the address was known. */

import { useSignal } from "@preact/signals";
import { MailCheck } from "lucide-preact";
import type { VNode } from "preact";

import { api, get } from "../lib/api";
import { Field, PasswordField, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { Submit } from "../ui/basics";
import { FormFailure } from "../ui/states";
import { Frame } from "./frame";

const SHORTEST = 12;

export default function Register(): VNode {
  const done = useSignal("");
  const isBare = useSignal(false); // without a password
  const form = useForm({
    initial: { full_name: "", email: "", password: "" },
    check: ({ full_name, email, password }) => ({
      full_name: full_name.trim() ? undefined : t("register.missing_name"),
      email: /^\S+@\S+$/.test(email.trim()) ? undefined : t("register.bad_email"),
      password: isBare.value || [...password].length >= SHORTEST ? undefined : t("register.short"),
    }),
    send: async ({ full_name, email, password }) => {
      const body = { full_name: full_name.trim(), email: email.trim(), password: isBare.value ? null : password };
      done.value = (await get(api.POST("/api/auth/register", { body }))).email;
    },
  });
  if (done.value)
    return (
      <Frame title={t("register.done_title")}>
        <div class="front-done">
          <MailCheck aria-hidden="true" />
          <p>{t(isBare.value ? "register.done_without" : "register.done", { email: done.value })}</p>
          <a class="button primary" href={isBare.value ? "/sign-in/code" : "/sign-in"}>
            {t("signin.submit")}
          </a>
        </div>
      </Frame>
    );
  return (
    <Frame
      title={t("register.title")}
      lead={t("register.lead")}
      below={
        <>
          {t("register.have")} <a href="/sign-in">{t("signin.submit")}</a>
        </>
      }
    >
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="full_name" label={t("field.full_name")} autocomplete="name" maxLength={120} />
        <Field
          form={form}
          name="email"
          label={t("field.email")}
          type="email"
          autocomplete="email"
          maxLength={254}
          spellcheck={false}
        />
        {isBare.value ? (
          <p class="hint">{t("register.without_why")}</p>
        ) : (
          <PasswordField
            form={form}
            name="password"
            label={t("field.password")}
            hint={t("register.password_hint")}
            autocomplete="new-password"
            maxLength={1024}
            showText={t("action.show")}
            hideText={t("action.hide")}
          />
        )}
        <Submit busy={form.busy.value} wide>
          {t("register.submit")}
        </Submit>
        <button type="button" class="link" onClick={() => (isBare.value = !isBare.value)}>
          {t(isBare.value ? "register.with" : "register.without")}
        </button>
      </form>
    </Frame>
  );
}

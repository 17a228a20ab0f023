/** The question for an address, to which the bank then writes. */

import type { ComponentChildren, VNode } from "preact";

import { Field, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { Frame } from "../screens/frame";
import { Submit } from "./basics";
import { FormFailure } from "./states";

export function AskAddress({
  title,
  lead,
  verb,
  send,
}: {
  title: string;
  lead: ComponentChildren;
  verb: string;
  send: (email: string) => Promise<unknown>;
}): VNode {
  const form = useForm({
    initial: { email: "" },
    check: ({ email }) => ({ email: /^\S+@\S+$/.test(email.trim()) ? undefined : t("register.bad_email") }),
    send: ({ email }) => send(email.trim()),
  });
  return (
    <Frame title={title} lead={lead} below={<a href="/sign-in">{t("reset.to_sign_in")}</a>}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field
          form={form}
          name="email"
          label={t("field.email")}
          type="email"
          autocomplete="username"
          maxLength={254}
          spellcheck={false}
        />
        <Submit busy={form.busy.value} wide>
          {verb}
        </Submit>
      </form>
    </Frame>
  );
}

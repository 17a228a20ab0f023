/** The second step of signing in, and where one goes from there. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../lib/api";
import { Field, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { passkeyAnswer } from "../lib/passkeys";
import { go, query } from "../lib/router";
import { Segmented, Submit } from "../ui/basics";
import { FormFailure } from "../ui/states";
import { Frame } from "./frame";

type Method = Schemas["MethodEnum"];
export type Question = { challenge: string; methods: Method[]; public_key: unknown };

/** Where somebody wanted to go; only an address of ours. */
export function goOn(): void {
  const next = query.value.get("next") ?? "/";
  // As the browser reads it: "/\somewhere.else" is an address of somebody else.
  const isOurs = URL.canParse(next, location.origin) && new URL(next, location.origin).origin === location.origin;
  go(isOurs ? next : "/", { replace: true });
}

export type Enter = (tokens: Schemas["Tokens"]) => Promise<void>;

export function SecondFactor({
  question,
  enter,
  back,
}: {
  question: Question;
  enter: Enter;
  back: () => void;
}): VNode {
  const method = useSignal<Method>(question.methods[0] ?? "totp");
  const trust = useSignal(false);
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({
      code: method.value !== "passkey" && !code.trim() ? t("signin.missing_code") : undefined,
    }),
    send: async ({ code }) => {
      const { challenge } = question;
      const proof =
        method.value === "passkey"
          ? { credential: await passkeyAnswer(question.public_key) }
          : { code: code.trim() };
      const body = { challenge, method: method.value, trust_browser: trust.value, ...proof };
      await enter(await get(api.POST("/api/auth/mfa/verify", { body })));
    },
  });
  return (
    <Frame
      title={t("signin.second")}
      lead={t("signin.second_why")}
      below={
        <button type="button" class="link" onClick={back}>
          {t("signin.start_over")}
        </button>
      }
    >
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        {question.methods.length > 1 && (
          <Segmented
            label={t("prove.how")}
            value={method.value}
            options={question.methods.map((one) => ({ value: one, text: t(`method.${one}`) }))}
            choose={(one) => (method.value = one)}
          />
        )}
        {method.value !== "passkey" && (
          <Field
            form={form}
            name="code"
            key={method.value}
            label={t(method.value === "totp" ? "field.code" : "field.recovery_code")}
            inputMode={method.value === "totp" ? "numeric" : "text"}
            autocomplete="one-time-code"
            autofocus
            maxLength={64}
          />
        )}
        <label class="check">
          <input
            type="checkbox"
            checked={trust.value}
            onChange={(event) => (trust.value = event.currentTarget.checked)}
          />
          {t("signin.trust")}
        </label>
        <Submit busy={form.busy.value} wide>
          {t(method.value === "passkey" ? "prove.with_passkey" : "action.continue")}
        </Submit>
      </form>
    </Frame>
  );
}

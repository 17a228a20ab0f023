/** The second step of signing in, and where one goes from there. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../lib/api";
import { Field, useForm } from "../lib/form";
import { t, type Key } from "../lib/i18n";
import { passkeyAnswer } from "../lib/passkeys";
import { go, query } from "../lib/router";
import { Segmented, Submit } from "../ui/basics";
import { FormFailure } from "../ui/states";
import { Frame } from "./frame";

type Method = Schemas["MethodEnum"];
export type Question = { challenge: string; methods: Method[]; public_key: unknown; phone?: string };

/** Paper is for when the telephone is lost, so it is not what somebody sees first. */
const usual = (methods: readonly Method[]): Method =>
  (["totp", "passkey", "sms"] as const).find((one) => methods.includes(one)) ?? methods[0] ?? "totp";

/** Where somebody wanted to go; only an address of ours. */
export function goOn(): void {
  const next = query.value.get("next") ?? "/";
  // As the browser reads it: "/\somewhere.else" is an address of somebody else.
  const isOurs = URL.canParse(next, location.origin) && new URL(next, location.origin).origin === location.origin;
  go(isOurs ? next : "/", { replace: true });
}

const LABELS: Partial<Record<Method, Key>> = { totp: "field.code", sms: "sms.code" };

function SentTo({ phone }: { phone: string | undefined }): VNode {
  return (
    <>
      {t("sms.on_its_way")} <bdi dir="ltr">{phone}</bdi>
    </>
  );
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
  const method = useSignal<Method>(usual(question.methods));
  const isSent = useSignal(false);
  const text = async (): Promise<void> => {
    await get(api.POST("/api/auth/mfa/sms/send", { body: { challenge: question.challenge } }));
    isSent.value = true;
    requestAnimationFrame(() => form.element.current?.querySelector("input")?.focus());
  };
  const trust = useSignal(false);
  const isUnsent = () => method.value === "sms" && !isSent.value;
  const isTyped = () => method.value !== "passkey" && !isUnsent();
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({
      code: isTyped() && !code.trim() ? t("signin.missing_code") : undefined,
    }),
    send: async ({ code }) => {
      if (isUnsent()) return text();
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
        {method.value === "sms" && <p role="status">{isSent.value ? <SentTo phone={question.phone} /> : t("sms.last")}</p>}
        {isTyped() && (
          <Field
            form={form}
            name="code"
            key={method.value}
            label={t(LABELS[method.value] ?? "field.recovery_code")}
            inputMode={method.value === "recovery_code" ? "text" : "numeric"}
            autocomplete="one-time-code"
            autofocus
            maxLength={64}
          />
        )}
        {method.value !== "sms" && (
          <label class="check">
            <input
              type="checkbox"
              checked={trust.value}
              onChange={(event) => (trust.value = event.currentTarget.checked)}
            />
            {t("signin.trust")}
          </label>
        )}
        <Submit busy={form.busy.value} wide>
          {isUnsent() ? (
            <span>
              {t("sms.send_to")} <bdi dir="ltr">{question.phone}</bdi>
            </span>
          ) : (
            t(method.value === "passkey" ? "prove.with_passkey" : "action.continue")
          )}
        </Submit>
        {method.value === "sms" && isSent.value && (
          <button type="button" class="link" onClick={() => (isSent.value = false)}>
            {t("sms.again")}
          </button>
        )}
      </form>
    </Frame>
  );
}

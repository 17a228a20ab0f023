/** Signing in by a code in a mail: the address, the digits, and the second factor of who has one. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../lib/api";
import { refusalOf } from "../lib/errors";
import { Field, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { opened } from "../lib/session";
import { AskAddress } from "../ui/address";
import { Submit } from "../ui/basics";
import { FormFailure } from "../ui/states";
import { Frame } from "./frame";
import { goOn, SecondFactor, type Question } from "./second-factor";

type Asked = { email: string; challenge: string };

export default function MailCode(): VNode {
  const asked = useSignal<Asked | null>(null);
  const question = useSignal<Question | null>(null);
  const enter = async (tokens: Schemas["Tokens"]) => {
    await opened(tokens);
    goOn();
  };
  const again = () => {
    question.value = null;
    asked.value = null;
  };
  if (question.value) return <SecondFactor question={question.value} enter={enter} back={again} />;
  if (!asked.value) return <Ask done={(sent) => (asked.value = sent)} />;
  return <Enter asked={asked.value} enter={enter} again={again} ask={(next) => (question.value = next)} />;
}

function Ask({ done }: { done: (asked: Asked) => void }): VNode {
  const send = async (email: string) => {
    const { challenge } = await get(api.POST("/api/auth/login/code", { body: { email } }));
    done({ email, challenge });
  };
  return <AskAddress title={t("mailcode.title")} lead={t("mailcode.why")} verb={t("mailcode.send")} send={send} />;
}

function Enter({
  asked,
  enter,
  ask,
  again,
}: {
  asked: Asked;
  enter: (tokens: Schemas["Tokens"]) => Promise<void>;
  ask: (question: Question) => void;
  again: () => void;
}): VNode {
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({ code: code.trim() ? undefined : t("signin.missing_code") }),
    send: async ({ code }) => {
      const body = { challenge: asked.challenge, code: code.trim() };
      try {
        await enter(await get(api.POST("/api/auth/login/code/verify", { body })));
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal.code !== "mfa_required") throw refusal;
        ask(refusal.facts as unknown as Question);
      }
    },
  });
  return (
    <Frame
      title={t("mailcode.title")}
      lead={t("mailcode.sent", { email: asked.email })}
      below={
        <button type="button" class="link" onClick={again}>
          {t("mailcode.again")}
        </button>
      }
    >
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field
          form={form}
          name="code"
          label={t("mailcode.code")}
          autocomplete="one-time-code"
          maxLength={16}
          spellcheck={false}
        />
        <Submit busy={form.busy.value} wide>
          {t("signin.submit")}
        </Submit>
      </form>
    </Frame>
  );
}

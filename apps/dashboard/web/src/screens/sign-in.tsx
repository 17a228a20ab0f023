/** Signing in: passkey first, then password and, where there is one, the second factor. */

import { useSignal } from "@preact/signals";
import { KeyRound } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import { api, get, type Schemas } from "../lib/api";
import { refusalOf, type Refusal } from "../lib/errors";
import { Field, PasswordField, useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { leaveFor } from "../lib/external";
import { canFillIn, hasPasskeys, passkeyAnswer } from "../lib/passkeys";
import { useResource } from "../lib/resource";
import { opened, partingWord, standing } from "../lib/session";
import { Spinner } from "../ui/basics";
import { FormFailure } from "../ui/states";
import { Frame } from "./frame";
import { goOn, SecondFactor, type Enter, type Question } from "./second-factor";

export default function SignIn(): VNode {
  const question = useSignal<Question | null>(null);
  useEffect(() => {
    if (standing.value === "in") goOn();
  }, []);
  const enter = async (tokens: Schemas["Tokens"]) => {
    await opened(tokens);
    goOn();
  };
  if (question.value)
    return <SecondFactor question={question.value} enter={enter} back={() => (question.value = null)} />;
  return <First ask={(asked) => (question.value = asked)} enter={enter} />;
}

function First({ ask, enter }: { ask: (question: Question) => void; enter: Enter }): VNode {
  const word = partingWord.value;
  const passkey = usePasskey(enter);
  const form = useForm({
    initial: { email: "", password: "" },
    check: ({ email, password }) => ({
      email: email.trim() ? undefined : t("signin.missing_email"),
      password: password ? undefined : t("signin.missing_password"),
    }),
    send: async ({ email, password }) => {
      passkey.failure.value = null;
      try {
        await enter(await get(api.POST("/api/auth/login", { body: { email: email.trim(), password } })));
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal.code !== "mfa_required") throw refusal;
        ask(refusal.facts as unknown as Question);
      }
    },
  });
  return (
    <Frame
      title={t("signin.title")}
      lead={word && t(`signin.${word}`)}
      below={
        <>
          {t("signin.new")} <a href="/register">{t("signin.register")}</a>
        </>
      }
    >
      <div class="stack">
        <FormFailure refusal={form.failure.value ?? passkey.failure.value} />
        {hasPasskeys() && (
          <>
            <button
              type="button"
              class="button primary wide"
              aria-disabled={passkey.busy.value}
              onClick={passkey.start}
            >
              {passkey.busy.value ? <Spinner /> : <KeyRound aria-hidden="true" />}
              {t("signin.passkey")}
            </button>
            <p class="or">{t("signin.or")}</p>
          </>
        )}
        <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
          <Field
            form={form}
            name="email"
            label={t("field.email")}
            type="email"
            autocomplete="username webauthn"
            maxLength={254}
            spellcheck={false}
          />
          <PasswordField
            form={form}
            name="password"
            label={t("field.password")}
            autocomplete="current-password"
            maxLength={1024}
            showText={t("action.show")}
            hideText={t("action.hide")}
          />
          <button
            type="submit"
            class={hasPasskeys() ? "button wide" : "button primary wide"}
            aria-disabled={form.busy.value}
          >
            {form.busy.value && <Spinner />}
            {t("signin.submit")}
          </button>
          <Providers failed={(refusal) => (form.failure.value = refusal)} />
          <a class="front-link" href="/reset-password">
            {t("signin.forgot")}
          </a>
          <a class="front-link" href="/sign-in/code">
            {t("signin.by_mail")}
          </a>
        </form>
      </div>
    </Frame>
  );
}

/** A passkey by the button, or from the browser's own suggestions below the address. */
function usePasskey(enter: Enter) {
  const busy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const waiting = useSignal<AbortController | null>(null);
  const run = async (more: CredentialRequestOptions) => {
    const asked = await get(api.POST("/api/auth/webauthn/login/options"));
    const credential = await passkeyAnswer(asked.public_key, more);
    const body = { challenge: asked.challenge, credential };
    await enter(await get(api.POST("/api/auth/webauthn/login/verify", { body })));
  };
  useEffect(() => {
    const controller = new AbortController();
    waiting.value = controller;
    void canFillIn().then((can) => {
      if (!can || controller.signal.aborted) return;
      // Nobody asked for anything yet, so nothing is said when this leads to nothing.
      run({ mediation: "conditional", signal: controller.signal }).catch(() => undefined);
    });
    return () => controller.abort();
  }, []);
  const start = async () => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    waiting.value?.abort();
    try {
      await run({});
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      busy.value = false;
    }
  };
  return { busy, failure, start: () => void start() };
}

/** Other providers that the operator trusts; most banks have none, and then there is nothing to see. */
function Providers({ failed }: { failed: (refusal: Refusal) => void }): VNode | null {
  const known = useResource("providers", async () => (await get(api.GET("/api/auth/external/providers"))).items);
  if (!known.data.value?.length) return null;
  return (
    <>
      {known.data.value.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          class="button wide"
          onClick={() => void leaveFor("start", name).catch((error: unknown) => failed(refusalOf(error)))}
        >
          {t("external.with", { name: title })}
        </button>
      ))}
    </>
  );
}

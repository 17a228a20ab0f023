/** The question "is it you?", asked over whatever is being done. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../lib/api";
import { useForm, Field, PasswordField } from "../lib/form";
import { t } from "../lib/i18n";
import { passkeyAnswer } from "../lib/passkeys";
import { useResource } from "../lib/resource";
import { asked } from "../lib/step-up";
import { Segmented, Submit } from "./basics";
import { Dialog } from "./dialog";
import { FormFailure, Loaded } from "./states";

type Method = Schemas["MethodEnum"];

export function StepUp(): VNode | null {
  const question = asked.value;
  if (!question) return null;
  return (
    <Dialog title={t("prove.title")} close={() => question.done(null)}>
      <p class="lead">{t("prove.why")}</p>
      <Question />
    </Dialog>
  );
}

let counter = 0;

function Question(): VNode {
  const key = useSignal(`question:${++counter}`);
  const options = useResource(key.value, () => get(api.POST("/api/auth/step-up/options")));
  return <Loaded of={options}>{(found) => <Answer options={found} />}</Loaded>;
}

function Answer({ options }: { options: Schemas["StepUpOptions"] }): VNode {
  const methods = options.methods as Method[];
  const method = useSignal<Method>(methods[0] ?? "password");
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({
      code: method.value !== "passkey" && !code.trim() ? t("prove.missing") : undefined,
    }),
    send: async ({ code }) => {
      const body = { challenge_id: options.challenge_id, method: method.value };
      const proof =
        method.value === "passkey" ? { credential: await passkeyAnswer(options.public_key) } : { code };
      const fresh = await get(api.POST("/api/auth/step-up/verify", { body: { ...body, ...proof } }));
      asked.value?.done(fresh);
    },
  });
  return (
    <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
      <FormFailure refusal={form.failure.value} />
      {methods.length > 1 && (
        <Segmented
          label={t("prove.how")}
          value={method.value}
          options={methods.map((one) => ({ value: one, text: t(`method.${one}`) }))}
          choose={(one) => (method.value = one)}
        />
      )}
      {method.value === "password" && (
        <PasswordField
          form={form}
          name="code"
          label={t("field.password")}
          autocomplete="current-password"
          showText={t("action.show")}
          hideText={t("action.hide")}
        />
      )}
      {(method.value === "totp" || method.value === "recovery_code") && (
        <Field
          form={form}
          name="code"
          label={t(method.value === "totp" ? "field.code" : "field.recovery_code")}
          inputMode={method.value === "totp" ? "numeric" : "text"}
          autocomplete="one-time-code"
        />
      )}
      <div class="actions">
        <button type="button" class="button" onClick={() => asked.value?.done(null)}>
          {t("action.cancel")}
        </button>
        <Submit busy={form.busy.value}>
          {t(method.value === "passkey" ? "prove.with_passkey" : "action.continue")}
        </Submit>
      </div>
    </form>
  );
}

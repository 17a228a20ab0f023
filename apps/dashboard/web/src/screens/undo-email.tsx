/** The link that takes a former address back, after somebody moved the account to one of theirs. */

import { useSignal } from "@preact/signals";
import { MailCheck } from "lucide-preact";
import type { VNode } from "preact";

import { api, get } from "../lib/api";
import { useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { query, refine } from "../lib/router";
import { Submit } from "../ui/basics";
import { FormFailure } from "../ui/states";
import { Frame } from "./frame";

export default function UndoEmail(): VNode {
  const token = useSignal(query.value.get("token") ?? "");
  const isDone = useSignal(false);
  // The secret leaves the address, so that it is in no history and no screenshot.
  if (query.value.has("token")) refine({ token: null });
  // By a button and not at once: a mail scanner that follows links must not sign anybody out.
  const form = useForm({
    initial: {},
    check: () => ({}),
    send: async () => {
      await get(api.POST("/api/auth/email/undo", { body: { token: token.value } }));
      isDone.value = true;
    },
  });
  if (isDone.value)
    return (
      <Frame title={t("undo.title")}>
        <div class="front-done" role="status">
          <MailCheck aria-hidden="true" />
          <p>{t("undo.done")}</p>
          <a class="button primary" href="/sign-in">
            {t("reset.to_sign_in")}
          </a>
        </div>
      </Frame>
    );
  return (
    <Frame
      title={t("undo.title")}
      lead={t(token.value ? "undo.lead" : "undo.no_link")}
      below={<a href="/sign-in">{t("reset.to_sign_in")}</a>}
    >
      {token.value && (
        <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
          <FormFailure refusal={form.failure.value} />
          <Submit busy={form.busy.value}>{t("undo.act")}</Submit>
        </form>
      )}
    </Frame>
  );
}

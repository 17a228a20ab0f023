/** The link of a mail that proves an address; it works signed in or not. */

import { useSignal } from "@preact/signals";
import { MailCheck } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import { api, get } from "../lib/api";
import { refusalOf, type Refusal } from "../lib/errors";
import { t } from "../lib/i18n";
import { query, refine } from "../lib/router";
import { stale } from "../lib/resource";
import { Failed, Skeleton } from "../ui/states";
import { Frame } from "./frame";

export default function VerifyEmail(): VNode {
  const state = useSignal<"working" | "done" | "no_link">("working");
  const failure = useSignal<Refusal | null>(null);
  const token = useSignal(query.value.get("token") ?? "");
  const confirm = async () => {
    failure.value = null;
    if (!token.value) {
      state.value = "no_link";
      return;
    }
    // The secret leaves the address, so that it is in no history and no screenshot.
    refine({ token: null });
    try {
      await get(api.POST("/api/auth/email/verify", { body: { token: token.value } }));
      state.value = "done";
      stale("profile");
    } catch (error) {
      failure.value = refusalOf(error);
    }
  };
  useEffect(() => void confirm(), []);
  return (
    <Frame title={t("verify.title")}>
      {failure.value ? (
        <Failed refusal={failure.value} retry={() => void confirm()} />
      ) : state.value === "working" ? (
        <Skeleton rows={1} />
      ) : (
        <div class="front-done" role="status">
          <MailCheck aria-hidden="true" />
          <p>{t(state.value === "done" ? "verify.done" : "verify.no_link")}</p>
          <a class="button primary" href="/">
            {t("verify.on")}
          </a>
        </div>
      )}
    </Frame>
  );
}

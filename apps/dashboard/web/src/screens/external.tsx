/** Coming back from another provider of identities: signed in, linked, or told why not. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import { api, get } from "../lib/api";
import { refusalOf, type Refusal } from "../lib/errors";
import { meant } from "../lib/external";
import { t } from "../lib/i18n";
import { go, query } from "../lib/router";
import { toast } from "../lib/say";
import { opened, standing } from "../lib/session";
import { FormFailure, Skeleton } from "../ui/states";
import { Frame } from "./frame";
import { SecondFactor, type Enter, type Question } from "./second-factor";

export default function External(): VNode {
  const question = useSignal<Question | null>(null);
  const failure = useSignal<Refusal | null>(null);
  const isMissing = useSignal(false);
  const enter: Enter = async (tokens) => {
    await opened(tokens);
    go("/", { replace: true });
  };
  const finish = async () => {
    const [code, state] = [query.value.get("code"), query.value.get("state")];
    // The answer counts once, and has no business in the history.
    history.replaceState(null, "", location.pathname);
    const isLink = meant() === "link" && standing.value === "in";
    if (!code || !state) {
      isMissing.value = true;
      return;
    }
    const body = { code, state };
    try {
      if (isLink) {
        await get(api.POST("/api/auth/external/link/callback", { body }));
        toast(t("external.linked"));
        go("/security", { replace: true });
      } else await enter(await get(api.POST("/api/auth/external/callback", { body })));
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.code === "mfa_required") question.value = refusal.facts as unknown as Question;
      else failure.value = refusal;
    }
  };
  useEffect(() => void finish(), []);
  if (question.value)
    return <SecondFactor question={question.value} enter={enter} back={() => go("/sign-in", { replace: true })} />;
  const isOver = failure.value !== null || isMissing.value;
  return (
    <Frame title={t("external.title")} lead={isMissing.value ? t("external.called_off") : undefined}>
      <div class="stack">
        <FormFailure refusal={failure.value} />
        {isOver ? (
          <a class="button primary wide" href={standing.value === "in" ? "/security" : "/sign-in"}>
            {t(standing.value === "in" ? "external.back" : "reset.to_sign_in")}
          </a>
        ) : (
          <Skeleton rows={2} />
        )}
      </div>
    </Frame>
  );
}

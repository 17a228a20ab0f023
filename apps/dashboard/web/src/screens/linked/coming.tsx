/** Coming back from another bank with its answer: agreed, not agreed, or something is the matter. */

import { useSignal } from "@preact/signals";
import { CircleCheck, CircleX } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import type { Account } from "../../lib/api";
import { refusalOf, type Refusal } from "../../lib/errors";
import { t } from "../../lib/i18n";
import { awaited, complete, linkOf, type Agreement, type Link } from "../../lib/linked";
import { stale } from "../../lib/resource";
import { refine } from "../../lib/router";
import { announce } from "../../lib/say";
import { Card } from "../../ui/basics";
import { FormFailure, Skeleton } from "../../ui/states";
import { goOn } from "./offered";

type Outcome = "agreed" | "went_on" | "not_agreed" | "unknown";

export function Coming({
  answer,
  accounts,
  done,
}: {
  answer: URLSearchParams;
  accounts: Account[];
  done: () => void;
}): VNode {
  const outcome = useSignal<Outcome | null>(null);
  const failure = useSignal<Refusal | null>(null);
  const finish = async () => {
    const state = answer.get("state") ?? "";
    const code = answer.get("code");
    // The answer counts once, and has no business in the history.
    refine({ state: null, code: null, error: null, error_description: null });
    try {
      const id = await awaited();
      if (!id || !state) return void (outcome.value = "unknown");
      const body = code ? { state, code } : { state, error: answer.get("error") || "unknown" };
      const agreement = await complete(id, body);
      outcome.value = await outcomeOf(agreement, accounts);
      announce(t(`linked.came.${outcome.value}`));
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      stale("agreements", "links");
    }
  };
  useEffect(() => void finish(), []);
  const is = outcome.value;
  const Icon = is === "agreed" || is === "went_on" ? CircleCheck : CircleX;
  return (
    <Card id="coming" title={t("linked.coming")}>
      <div class="stack">
        <FormFailure refusal={failure.value} />
        {is && (
          <div class="front-done" role="status">
            <Icon aria-hidden="true" />
            <p>{t(`linked.came.${is}`)}</p>
          </div>
        )}
        {is || failure.value ? (
          <div class="actions">
            <button type="button" class="button primary" onClick={done}>
              {t("action.continue")}
            </button>
          </div>
        ) : (
          <Skeleton rows={2} />
        )}
      </div>
    </Card>
  );
}

async function outcomeOf(agreement: Agreement, accounts: Account[]): Promise<Outcome> {
  if (agreement.status !== "authorised") return "not_agreed";
  const links = await Promise.all(accounts.map(({ id }) => linkOf(id)));
  const waiting = links.filter((one): one is Link => one !== null);
  return (await goOn(agreement, waiting)) ? "went_on" : "agreed";
}

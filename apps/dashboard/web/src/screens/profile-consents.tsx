/** What one has agreed to, in which version, and how to agree no more. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../lib/api";
import { refusalOf, type Refusal } from "../lib/errors";
import { date, maybe, t } from "../lib/i18n";
import { stale, useResource } from "../lib/resource";
import { toast } from "../lib/say";
import { Card } from "../ui/basics";
import { FormFailure, Loaded, Skeleton } from "../ui/states";

type Consent = Schemas["StandingConsent"];

export function Consents(): VNode {
  const failure = useSignal<Refusal | null>(null);
  const busy = useSignal("");
  const known = useResource("agreed", async () => (await get(api.GET("/api/auth/consents"))).items);
  const decide = async (one: Consent, granted: boolean) => {
    if (busy.value) return;
    busy.value = one.purpose;
    failure.value = null;
    try {
      const params = { path: { purpose: one.purpose } };
      await get(api.PUT("/api/auth/consents/{purpose}", { params, body: { granted, version: one.version } }));
      toast(t(granted ? "agreed.yes" : "agreed.no"));
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      busy.value = "";
      stale("agreed");
    }
  };
  return (
    <Card id="agreed" title={t("agreed.title")}>
      <FormFailure refusal={failure.value} />
      <Loaded of={known} skeleton={<Skeleton rows={3} />}>
        {(items) => (
          <ul class="things">
            {items.map((one) => (
              <li key={one.purpose} class="agreed">
                <label class="check">
                  <input
                    type="checkbox"
                    checked={one.granted}
                    aria-describedby={`agreed-${one.purpose}`}
                    onChange={(event) => void decide(one, event.currentTarget.checked)}
                  />
                  {maybe(`agreed.${one.purpose}`) ?? one.meaning}
                </label>
                <p class="hint" id={`agreed-${one.purpose}`}>
                  {one.decided_at
                    ? t("agreed.decided", { version: one.decided_version, day: date(one.decided_at, "dayYear") })
                    : t("agreed.undecided", { version: one.version })}
                </p>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

/** Other providers that sign one in: which are linked, and which may be. */

import { useSignal } from "@preact/signals";
import { Link2 } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../../lib/api";
import { refusalOf, type Refusal } from "../../lib/errors";
import { leaveFor } from "../../lib/external";
import { date, t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Card } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { FormFailure } from "../../ui/states";
import { Thing } from "../../ui/thing";

type Known = { providers: Schemas["Provider"][]; linked: Schemas["ExternalIdentity"][] };

export function Identities(): VNode | null {
  const failure = useSignal<Refusal | null>(null);
  const leaving = useSignal<Schemas["Provider"] | null>(null);
  const known = useResource<Known>("identities", async () => {
    const [providers, linked] = await Promise.all([
      get(api.GET("/api/auth/external/providers")),
      get(api.GET("/api/auth/external/identities")),
    ]);
    return { providers: providers.items, linked: linked.items };
  });
  const now = known.data.value;
  if (!now) return null;
  const { providers, linked } = now;
  // What is linked is shown even where the operator no longer names its provider.
  const all = [
    ...providers,
    ...linked.filter((one) => !providers.some((p) => p.name === one.provider)).map(({ provider }) => ({ name: provider, title: provider })),
  ];
  if (!all.length) return null;
  const link = (name: string) => {
    failure.value = null;
    leaveFor("link", name).catch((error: unknown) => (failure.value = refusalOf(error)));
  };
  const unlink = async (name: string) => {
    await get(api.DELETE("/api/auth/external/identities/{provider}", { params: { path: { provider: name } } }));
    stale("identities");
    toast(t("external.unlinked"));
  };
  return (
    <Card id="identities" title={t("external.others")}>
      <FormFailure refusal={failure.value} />
      <ul class="things">
        {all.map((one) => {
          const is = linked.find(({ provider }) => provider === one.name);
          return (
            <Thing
              key={one.name}
              icon={<Link2 />}
              name={one.title}
              more={is ? t("external.since", { day: date(is.linked_at, "dayYear") }) : t("external.not_linked")}
              tools={
                <button
                  type="button"
                  class="button small"
                  aria-label={t(is ? "external.unlink_one" : "external.link_one", { name: one.title })}
                  onClick={() => (is ? (leaving.value = one) : link(one.name))}
                >
                  {t(is ? "external.unlink" : "external.link")}
                </button>
              }
            />
          );
        })}
      </ul>
      {leaving.value && (
        <Confirm
          title={t("external.unlink_one", { name: leaving.value.title })}
          text={t("external.unlink_why")}
          verb={t("external.unlink")}
          run={() => unlink(leaving.value!.name)}
          close={() => (leaving.value = null)}
        />
      )}
    </Card>
  );
}

/** Programs that act for one: those that were let in, and those that have a key. */

import { useSignal } from "@preact/signals";
import { AppWindow, KeyRound } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../../lib/api";
import { Field, Select, useForm } from "../../lib/form";
import { date, maybe, t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Submit } from "../../ui/basics";
import { Dialog } from "../../ui/dialog";
import { EndTool, ListCard, type End } from "../../ui/list-card";
import { Secret } from "../../ui/secret";
import { FormFailure } from "../../ui/states";
import { Thing } from "../../ui/thing";

type App = Schemas["ConnectedApp"];
type Key = Schemas["ApiKey"];
type Made = Schemas["MadeApiKey"];

const scopeName = (scope: string): string => {
  const [context = "", access = ""] = scope.split(":");
  const what = maybe(`scope.${context}`);
  return what ? t(access === "write" ? "scope.write" : "scope.read", { what }) : scope;
};
const scopesOf = (one: { scopes: string[] }): string => one.scopes.map(scopeName).join(", ");
const used = (iso: string | null | undefined): string =>
  iso ? t("passkeys.used", { day: date(iso, "dayYear") }) : t("passkeys.never_used");

export function Apps(): VNode {
  const known = useResource("apps", async () => (await get(api.GET("/api/auth/connected-apps"))).items);
  const disconnect = async (one: App) => {
    const params = { path: { client_id: one.client_id } };
    await get(api.DELETE("/api/auth/connected-apps/{client_id}", { params }));
    stale("apps", "sessions");
    toast(t("apps.gone", { name: one.name }));
  };
  const end: End<App> = {
    verb: t("apps.disconnect"),
    title: ({ name }) => t("apps.disconnect_one", { name }),
    why: () => t("apps.disconnect_why"),
    run: disconnect,
  };
  return (
    <ListCard
      id="apps"
      title={t("apps.title")}
      of={known}
      none={t("apps.none")}
      why={t("apps.none_why")}
      end={end}
      line={(one, ask) => (
        <Thing
          key={one.client_id}
          icon={<AppWindow />}
          name={<bdi>{one.name}</bdi>}
          more={[scopesOf(one), t("apps.since", { day: date(one.connected_at, "dayYear") }), used(one.last_used_at)].join(
            " · ",
          )}
          tools={<EndTool end={end} one={one} ask={ask} />}
        />
      )}
    />
  );
}

export function ApiKeys(): VNode {
  const making = useSignal(false);
  const made = useSignal<Made | null>(null);
  const known = useResource("keys", async () => (await get(api.GET("/api/auth/api-keys"))).items);
  const revoke = async (one: Key) => {
    await get(api.DELETE("/api/auth/api-keys/{key_id}", { params: { path: { key_id: one.id } } }));
    stale("keys");
    toast(t("api_keys.revoked", { name: one.name }));
  };
  const end: End<Key> = {
    verb: t("api_keys.revoke"),
    title: ({ name }) => t("api_keys.revoke_one", { name }),
    why: () => t("api_keys.revoke_why"),
    run: revoke,
  };
  return (
    <ListCard
      id="api-keys"
      title={t("api_keys.title")}
      add={{ text: t("api_keys.add"), run: () => (making.value = true) }}
      of={known}
      none={t("api_keys.none")}
      why={t("api_keys.none_why")}
      end={end}
      line={(one, ask) => (
        <Thing
          key={one.id}
          icon={<KeyRound />}
          name={<bdi>{one.name}</bdi>}
          more={[scopesOf(one), t("api_keys.until", { day: date(one.expires_at, "dayYear") }), used(one.last_used_at)].join(
            " · ",
          )}
          tools={<EndTool end={end} one={one} ask={ask} />}
        />
      )}
    >
      {making.value && (
        <NewKey
          close={() => (making.value = false)}
          done={(key) => {
            making.value = false;
            made.value = key;
          }}
        />
      )}
      {made.value && (
        <Secret
          title={t("api_keys.made", { name: made.value.name })}
          secret={made.value.key}
          close={() => (made.value = null)}
        >
          {t("api_keys.once")}
        </Secret>
      )}
    </ListCard>
  );
}

const DAYS = [30, 90, 365] as const;
/** What the bank knows of a scope that it refuses, it says; these it gives to customers. */
const SCOPES = ["accounts", "transactions", "payments", "analytics", "ai", "notifications"].flatMap((context) => [
  `${context}:read`,
  `${context}:write`,
]);

function NewKey({ close, done }: { close: () => void; done: (made: Made) => void }): VNode {
  const chosen = useSignal<readonly string[]>([]);
  const form = useForm({
    initial: { name: "", days: "90", scopes: "" },
    check: ({ name }) => ({
      name: name.trim() ? undefined : t("passkeys.missing_name"),
      scopes: chosen.value.length ? undefined : t("api_keys.missing_scopes"),
    }),
    names: { expires_in_days: "days" },
    send: async ({ name, days }) => {
      const body = { name: name.trim(), scopes: [...chosen.value], expires_in_days: Number(days) };
      const made = await get(api.POST("/api/auth/api-keys", { body }));
      stale("keys");
      done(made);
    },
  });
  const set = (scope: string, on: boolean) => {
    chosen.value = on ? [...chosen.value, scope] : chosen.value.filter((one) => one !== scope);
    form.set("scopes", chosen.value.join(" "));
  };
  return (
    <Dialog title={t("api_keys.add")} close={close}>
      <p class="lead">{t("api_keys.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="name" label={t("passkeys.name")} hint={t("api_keys.name_hint")} maxLength={64} />
        <fieldset class="field" aria-describedby="scopes-error">
          <legend>{t("api_keys.scopes")}</legend>
          <div class="scopes">
            {SCOPES.map((scope) => (
              <label class="check" key={scope}>
                <input
                  type="checkbox"
                  name="scopes"
                  checked={chosen.value.includes(scope)}
                  onChange={(event) => set(scope, event.currentTarget.checked)}
                />
                {scopeName(scope)}
              </label>
            ))}
          </div>
          <p class="field-error" id="scopes-error">
            {form.errors.value.scopes}
          </p>
        </fieldset>
        <Select form={form} name="days" label={t("api_keys.days")}>
          {DAYS.map((one) => (
            <option key={one} value={one}>
              {t("api_keys.for_days", { count: one })}
            </option>
          ))}
        </Select>
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("api_keys.add")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

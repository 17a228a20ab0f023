/** Programs that act for one: those that were let in, and those that have a key. */

import { useSignal } from "@preact/signals";
import { AppWindow, Copy, KeyRound, Plus } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../../lib/api";
import { Field, Select, useForm } from "../../lib/form";
import { date, maybe, t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Card, Submit } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Empty, FormFailure, Loaded, Skeleton } from "../../ui/states";
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
  const leaving = useSignal<App | null>(null);
  const known = useResource("apps", async () => (await get(api.GET("/api/auth/connected-apps"))).items);
  const disconnect = async (one: App) => {
    const params = { path: { client_id: one.client_id } };
    await get(api.DELETE("/api/auth/connected-apps/{client_id}", { params }));
    stale("apps", "sessions");
    toast(t("apps.gone", { name: one.name }));
  };
  return (
    <Card id="apps" title={t("apps.title")}>
      <Loaded of={known} skeleton={<Skeleton rows={1} />}>
        {(items) =>
          items.length ? (
            <ul class="things">
              {items.map((one) => (
                <Thing
                  key={one.client_id}
                  icon={<AppWindow />}
                  name={<bdi>{one.name}</bdi>}
                  more={[scopesOf(one), t("apps.since", { day: date(one.connected_at, "dayYear") }), used(one.last_used_at)].join(
                    " · ",
                  )}
                  tools={
                    <button
                      type="button"
                      class="button small"
                      aria-label={t("apps.disconnect_one", { name: one.name })}
                      onClick={() => (leaving.value = one)}
                    >
                      {t("apps.disconnect")}
                    </button>
                  }
                />
              ))}
            </ul>
          ) : (
            <Empty title={t("apps.none")}>{t("apps.none_why")}</Empty>
          )
        }
      </Loaded>
      {leaving.value && (
        <Confirm
          title={t("apps.disconnect_one", { name: leaving.value.name })}
          text={t("apps.disconnect_why")}
          verb={t("apps.disconnect")}
          run={() => disconnect(leaving.value!)}
          close={() => (leaving.value = null)}
        />
      )}
    </Card>
  );
}

export function ApiKeys(): VNode {
  const making = useSignal(false);
  const made = useSignal<Made | null>(null);
  const leaving = useSignal<Key | null>(null);
  const known = useResource("keys", async () => (await get(api.GET("/api/auth/api-keys"))).items);
  const revoke = async (one: Key) => {
    await get(api.DELETE("/api/auth/api-keys/{key_id}", { params: { path: { key_id: one.id } } }));
    stale("keys");
    toast(t("api_keys.revoked", { name: one.name }));
  };
  return (
    <Card
      id="api-keys"
      title={t("api_keys.title")}
      aside={
        <button type="button" class="button small" onClick={() => (making.value = true)}>
          <Plus aria-hidden="true" />
          {t("api_keys.add")}
        </button>
      }
    >
      <Loaded of={known} skeleton={<Skeleton rows={1} />}>
        {(items) =>
          items.length ? (
            <ul class="things">
              {items.map((one) => (
                <Thing
                  key={one.id}
                  icon={<KeyRound />}
                  name={<bdi>{one.name}</bdi>}
                  more={[scopesOf(one), t("api_keys.until", { day: date(one.expires_at, "dayYear") }), used(one.last_used_at)].join(
                    " · ",
                  )}
                  tools={
                    <button
                      type="button"
                      class="button small"
                      aria-label={t("api_keys.revoke_one", { name: one.name })}
                      onClick={() => (leaving.value = one)}
                    >
                      {t("api_keys.revoke")}
                    </button>
                  }
                />
              ))}
            </ul>
          ) : (
            <Empty title={t("api_keys.none")}>{t("api_keys.none_why")}</Empty>
          )
        }
      </Loaded>
      {making.value && (
        <NewKey
          close={() => (making.value = false)}
          done={(key) => {
            making.value = false;
            made.value = key;
          }}
        />
      )}
      {made.value && <Shown made={made.value} close={() => (made.value = null)} />}
      {leaving.value && (
        <Confirm
          title={t("api_keys.revoke_one", { name: leaving.value.name })}
          text={t("api_keys.revoke_why")}
          verb={t("api_keys.revoke")}
          run={() => revoke(leaving.value!)}
          close={() => (leaving.value = null)}
        />
      )}
    </Card>
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

function Shown({ made, close }: { made: Made; close: () => void }): VNode {
  const copy = () =>
    navigator.clipboard.writeText(made.key).then(
      () => toast(t("action.copied")),
      () => toast(t("account.not_copied"), { kind: "failed" }),
    );
  return (
    <Dialog title={t("api_keys.made", { name: made.name })} close={close}>
      <div class="stack">
        <p>{t("api_keys.once")}</p>
        <p class="secret">
          <code>{made.key}</code>
        </p>
        <div class="actions">
          <button type="button" class="button" onClick={() => void copy()}>
            <Copy aria-hidden="true" />
            {t("action.copy")}
          </button>
          <button type="button" class="button primary" onClick={close}>
            {t("codes.done")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

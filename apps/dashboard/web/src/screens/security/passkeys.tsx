/** Passkeys: made, called something, removed. */

import { useSignal } from "@preact/signals";
import { KeyRound, Plus } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../../lib/api";
import { deviceOf } from "../../lib/device";
import { Field, useForm } from "../../lib/form";
import { date, t } from "../../lib/i18n";
import { hasPasskeys, newPasskey } from "../../lib/passkeys";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Card, Submit } from "../../ui/basics";
import { RecoveryCodes } from "../../ui/codes";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Empty, FormFailure, Loaded, Skeleton } from "../../ui/states";

type Passkey = Schemas["Passkey"];
type Open = { kind: "add" } | { kind: "rename" | "remove"; passkey: Passkey } | { kind: "codes"; codes: string[] };

export function Passkeys(): VNode {
  const open = useSignal<Open | null>(null);
  const close = () => (open.value = null);
  const all = useResource("passkeys", async () => (await get(api.GET("/api/auth/webauthn/credentials"))).items);
  const add = hasPasskeys() && (
    <button type="button" class="button" onClick={() => (open.value = { kind: "add" })}>
      <Plus aria-hidden="true" />
      {t("passkeys.add")}
    </button>
  );
  return (
    <Card id="passkeys" title={t("passkeys.title")} aside={all.data.value?.length ? add : null}>
      <Loaded of={all} skeleton={<Skeleton rows={2} />}>
        {(items) =>
          items.length ? (
            <ul class="things">
              {items.map((one) => (
                <Row key={one.id} passkey={one} open={(next) => (open.value = next)} />
              ))}
            </ul>
          ) : (
            <Empty title={t("passkeys.none")} action={add}>
              {t(hasPasskeys() ? "passkeys.why" : "passkeys.not_here")}
            </Empty>
          )
        }
      </Loaded>
      {open.value?.kind === "add" && (
        <Add close={close} show={(codes) => (open.value = codes.length ? { kind: "codes", codes } : null)} />
      )}
      {open.value?.kind === "rename" && <Rename passkey={open.value.passkey} close={close} />}
      {open.value?.kind === "remove" && <Remove passkey={open.value.passkey} close={close} />}
      {open.value?.kind === "codes" && <RecoveryCodes codes={open.value.codes} close={close} />}
    </Card>
  );
}

function Row({ passkey, open }: { passkey: Passkey; open: (next: Open) => void }): VNode {
  const { name, is_synced, created_at, last_used_at } = passkey;
  return (
    <li class="thing">
      <span class="thing-mark" aria-hidden="true">
        <KeyRound />
      </span>
      <span class="thing-text">
        <span class="thing-name">{name}</span>
        <span class="row-more">
          {[
            t(is_synced ? "passkeys.synced" : "passkeys.one_device"),
            t("passkeys.added", { day: date(new Date(created_at), "dayYear") }),
            last_used_at
              ? t("passkeys.used", { day: date(new Date(last_used_at), "dayYear") })
              : t("passkeys.never_used"),
          ].join(" · ")}
        </span>
      </span>
      <span class="thing-tools">
        <button
          type="button"
          class="button small"
          aria-label={t("passkeys.rename_one", { name })}
          onClick={() => open({ kind: "rename", passkey })}
        >
          {t("action.rename")}
        </button>
        <button
          type="button"
          class="button small"
          aria-label={t("passkeys.remove_one", { name })}
          onClick={() => open({ kind: "remove", passkey })}
        >
          {t("action.remove")}
        </button>
      </span>
    </li>
  );
}

const LONGEST = 60;

function Add({ close, show }: { close: () => void; show: (codes: string[]) => void }): VNode {
  const { browser, system } = deviceOf(navigator.userAgent);
  const form = useForm({
    initial: { name: [browser, system].filter(Boolean).join(", ") },
    check: ({ name }) => ({ name: name.trim() ? undefined : t("passkeys.missing_name") }),
    send: async ({ name }) => {
      const asked = await get(api.POST("/api/auth/webauthn/register/options"));
      const credential = await newPasskey(asked.public_key);
      const body = { challenge: asked.challenge, credential, name: name.trim() };
      const made = await get(api.POST("/api/auth/webauthn/register/verify", { body }));
      stale("passkeys", "factors");
      toast(t("passkeys.done", { name: made.name }));
      show([...made.recovery_codes]);
    },
  });
  return (
    <Dialog title={t("passkeys.add")} close={close}>
      <p class="lead">{t("passkeys.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="name" label={t("passkeys.name")} hint={t("passkeys.name_hint")} maxLength={LONGEST} />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("action.continue")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

function Rename({ passkey, close }: { passkey: Passkey; close: () => void }): VNode {
  const form = useForm({
    initial: { name: passkey.name },
    check: ({ name }) => ({ name: name.trim() ? undefined : t("passkeys.missing_name") }),
    send: async ({ name }) => {
      const params = { path: { passkey_id: passkey.id } };
      const body = { name: name.trim() };
      await get(api.PATCH("/api/auth/webauthn/credentials/{passkey_id}", { params, body }));
      stale("passkeys");
      close();
    },
  });
  return (
    <Dialog title={t("passkeys.rename_one", { name: passkey.name })} close={close}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="name" label={t("passkeys.name")} maxLength={LONGEST} autofocus />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("action.save")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

function Remove({ passkey, close }: { passkey: Passkey; close: () => void }): VNode {
  const remove = async () => {
    const params = { path: { passkey_id: passkey.id } };
    await get(api.DELETE("/api/auth/webauthn/credentials/{passkey_id}", { params }));
    stale("passkeys", "factors");
    toast(t("passkeys.removed", { name: passkey.name }));
  };
  return (
    <Confirm
      title={t("passkeys.remove_one", { name: passkey.name })}
      text={t("passkeys.remove_why")}
      verb={t("action.remove")}
      run={remove}
      close={close}
    />
  );
}

/** Profile and preferences: who one is to the bank, and how this browser shows it. */

import { useSignal } from "@preact/signals";
import { BadgeCheck, Download, MailWarning, Trash2 } from "lucide-preact";
import type { VNode } from "preact";

import { api, get } from "../lib/api";
import { chooseCurrency, currencyWanted, isPrivate, setPrivate, totals, useAccounts } from "../lib/bank";
import { cards, isShown, show } from "../lib/cards";
import { Field, useForm } from "../lib/form";
import { language, languages, nameOfLanguage, t, useLanguage } from "../lib/i18n";
import { setSingleKeys, singleKeys } from "../lib/keys";
import { toast } from "../lib/say";
import { over, profile } from "../lib/session";
import { theme, type Theme } from "../lib/theme";
import { Badge, Card, Segmented, Submit } from "../ui/basics";
import { Confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { FormFailure } from "../ui/states";
import { Consents } from "./profile-consents";

export default function Profile(): VNode {
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{t("place.profile")}</h1>
      </div>
      <div class="columns">
        <div class="column">
          <Person />
          <Consents />
          <Belongings />
        </div>
        <div class="column">
          <Preferences />
        </div>
      </div>
    </div>
  );
}

function Person(): VNode {
  const me = profile.value;
  const form = useForm({
    initial: { full_name: me?.full_name ?? "" },
    check: ({ full_name }) => ({ full_name: full_name.trim() ? undefined : t("register.missing_name") }),
    send: async ({ full_name }) => {
      const body = { full_name: full_name.trim() };
      profile.value = await get(api.PATCH("/api/auth/user/profile", { body }));
      toast(t("profile.saved"));
    },
  });
  return (
    <Card id="person" title={t("profile.person")}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field
          form={form}
          name="full_name"
          label={t("field.full_name")}
          hint={t("profile.name_hint")}
          autocomplete="name"
          maxLength={120}
        />
        <div class="actions">
          <Submit busy={form.busy.value}>{t("action.save")}</Submit>
        </div>
      </form>
      <hr />
      <Address />
    </Card>
  );
}

function Address(): VNode {
  const isMoving = useSignal(false);
  const isSent = useSignal(false);
  const me = profile.value;
  const resend = async () => {
    if (isSent.value || !me) return;
    isSent.value = true;
    await get(api.POST("/api/auth/email/resend")).catch(() => {
      isSent.value = false;
    });
    toast(t(isSent.value ? "profile.sent" : "refused.unknown"), { kind: isSent.value ? "done" : "failed" });
  };
  return (
    <div class="things">
      <div class="thing">
        <span class="thing-mark" aria-hidden="true">
          {me?.email_verified_at ? <BadgeCheck /> : <MailWarning />}
        </span>
        <span class="thing-text">
          <span class="thing-name">
            <bdi>{me?.email}</bdi>{" "}
            <Badge tone={me?.email_verified_at ? "good" : "warn"}>
              {t(me?.email_verified_at ? "profile.verified" : "profile.unverified")}
            </Badge>
          </span>
          <span class="row-more">{t("profile.email_more")}</span>
        </span>
        <span class="thing-tools">
          {!me?.email_verified_at && (
            <button type="button" class="button small" aria-disabled={isSent.value} onClick={() => void resend()}>
              {t("profile.resend")}
            </button>
          )}
          <button type="button" class="button small" onClick={() => (isMoving.value = true)}>
            {t("profile.change_email")}
          </button>
        </span>
      </div>
      {isMoving.value && <NewAddress close={() => (isMoving.value = false)} />}
    </div>
  );
}

function NewAddress({ close }: { close: () => void }): VNode {
  const form = useForm({
    initial: { email: "" },
    check: ({ email }) => ({ email: /^\S+@\S+$/.test(email.trim()) ? undefined : t("register.bad_email") }),
    send: async ({ email }) => {
      await get(api.POST("/api/auth/email/change", { body: { email: email.trim() } }));
      toast(t("profile.email_asked", { email: email.trim() }));
      close();
    },
  });
  return (
    <Dialog title={t("profile.change_email")} close={close}>
      <p class="lead">{t("profile.change_email_why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field
          form={form}
          name="email"
          label={t("profile.new_email")}
          type="email"
          autocomplete="email"
          maxLength={254}
          spellcheck={false}
        />
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

const THEMES: readonly Theme[] = ["system", "light", "dark"];

function Preferences(): VNode {
  const accounts = useAccounts();
  const currencies = totals(accounts.data.value ?? []).map((one) => one.currency);
  const wanted = currencies.includes(currencyWanted.value) ? currencyWanted.value : (currencies[0] ?? "");
  return (
    <Card id="preferences" title={t("preferences.title")}>
      <p class="lead">{t("preferences.here")}</p>
      <div class="stack loose">
        <div class="field">
          <label for="language">{t("preferences.language")}</label>
          <select id="language" value={language.value} onChange={(event) => void useLanguage(event.currentTarget.value)}>
            {languages.map((code) => (
              <option key={code} value={code} lang={code}>
                {nameOfLanguage(code)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <span class="label">{t("preferences.theme")}</span>
          <Segmented
            label={t("preferences.theme")}
            value={theme.value}
            options={THEMES.map((one) => ({ value: one, text: t(`theme.${one}`) }))}
            choose={(one) => (theme.value = one)}
          />
        </div>
        {currencies.length > 1 && (
          <div class="field">
            <span class="label">{t("preferences.currency")}</span>
            <Segmented
              label={t("preferences.currency")}
              value={wanted}
              options={currencies.map((one) => ({ value: one, text: one }))}
              choose={chooseCurrency}
            />
            <p class="hint">{t("preferences.currency_hint")}</p>
          </div>
        )}
        <fieldset class="field">
          <legend>{t("preferences.cards")}</legend>
          {cards.map((card) => (
            <Check key={card} isOn={isShown(card)} set={(on) => show(card, on)} text={t(`card.${card}`)} />
          ))}
        </fieldset>
        <fieldset class="field">
          <legend>{t("preferences.more")}</legend>
          <Check isOn={isPrivate.value} set={setPrivate} text={t("action.hide_amounts")} />
          <Check isOn={singleKeys.value} set={setSingleKeys} text={t("keys.single")} />
          <p class="hint">{t("preferences.keys_hint")}</p>
        </fieldset>
      </div>
    </Card>
  );
}

function Check({ isOn, set, text }: { isOn: boolean; set: (on: boolean) => void; text: string }): VNode {
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={(event) => set(event.currentTarget.checked)} />
      {text}
    </label>
  );
}

/** What the bank knows of one, and the end of it. */
function Belongings(): VNode {
  const open = useSignal<"" | "export" | "erase">("");
  const close = () => (open.value = "");
  const take = async () => {
    const known = await get(api.POST("/api/auth/user/export"));
    save("vortexcore-my-data.json", JSON.stringify(known, null, 2));
    toast(t("belongings.taken"));
  };
  const erase = async () => {
    await get(api.DELETE("/api/auth/user"));
    over("signed_out");
  };
  return (
    <Card id="belongings" title={t("belongings.title")}>
      <ul class="things">
        <li class="thing">
          <span class="thing-mark" aria-hidden="true">
            <Download />
          </span>
          <span class="thing-text">
            <span class="thing-name">{t("belongings.export")}</span>
            <span class="row-more">{t("belongings.export_more")}</span>
          </span>
          <span class="thing-tools">
            <button type="button" class="button small" onClick={() => (open.value = "export")}>
              {t("action.download")}
            </button>
          </span>
        </li>
        <li class="thing">
          <span class="thing-mark" aria-hidden="true">
            <Trash2 />
          </span>
          <span class="thing-text">
            <span class="thing-name">{t("belongings.erase")}</span>
            <span class="row-more">{t("belongings.erase_more")}</span>
          </span>
          <span class="thing-tools">
            <button type="button" class="button small danger" onClick={() => (open.value = "erase")}>
              {t("belongings.erase_verb")}
            </button>
          </span>
        </li>
      </ul>
      {open.value === "export" && (
        <Confirm
          title={t("belongings.export")}
          text={t("belongings.export_why")}
          verb={t("action.download")}
          run={take}
          close={close}
        />
      )}
      {open.value === "erase" && (
        <Confirm
          title={t("belongings.erase")}
          text={t("belongings.erase_why")}
          verb={t("belongings.erase_verb")}
          run={erase}
          close={close}
        />
      )}
    </Card>
  );
}

function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

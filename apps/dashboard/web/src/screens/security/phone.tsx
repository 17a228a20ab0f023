/** The telephone number: proved by a code, and a way to sign in for whoever knows its risk. */

import { useSignal } from "@preact/signals";
import { MessageSquareText, Phone as Handset } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import { api, get, type Schemas } from "../../lib/api";
import { Field, useForm } from "../../lib/form";
import { date, t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Badge, Card, Submit } from "../../ui/basics";
import { RecoveryCodes } from "../../ui/codes";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { FormFailure, Loaded, Skeleton } from "../../ui/states";
import { Thing } from "../../ui/thing";

type Open = "" | "number" | "gone" | "on" | "off";
type Known = Schemas["Phone"];

const changed = () => stale("phone", "factors");

export function Phone(): VNode {
  const open = useSignal<Open>("");
  const codes = useSignal<readonly string[]>([]);
  const close = () => (open.value = "");
  const known = useResource("phone", () => get(api.GET("/api/auth/phone")));
  const shown = (fresh: readonly string[]) => {
    close();
    codes.value = fresh;
    changed();
  };
  return (
    <Card id="phone" title={t("phone.title")}>
      <Loaded of={known} skeleton={<Skeleton rows={1} />}>
        {(phone) => (
          <ul class="things">
            <NumberLine phone={phone} open={(next) => (open.value = next)} />
            {phone.number && <SmsLine phone={phone} open={(next) => (open.value = next)} />}
          </ul>
        )}
      </Loaded>
      {open.value === "number" && <NewNumber close={close} />}
      {open.value === "gone" && <Remove close={close} />}
      {open.value === "on" && <SwitchOn close={close} done={shown} />}
      {open.value === "off" && <SwitchOff close={close} />}
      {codes.value.length > 0 && <RecoveryCodes codes={codes.value} close={() => (codes.value = [])} />}
    </Card>
  );
}

type Line = { phone: Known; open: (next: Open) => void };

function NumberLine({ phone, open }: Line): VNode {
  const has = phone.number !== "";
  return (
    <Thing
      icon={<Handset />}
      name={has ? <bdi dir="ltr">{phone.number}</bdi> : t("phone.none")}
      badge={has && <Badge tone="good">{t("profile.verified")}</Badge>}
      more={t(has ? "phone.more" : "phone.none_why")}
      tools={
        <>
          <button type="button" class="button small" onClick={() => open("number")}>
            {t(has ? "phone.change" : "phone.add")}
          </button>
          {has && (
            <button type="button" class="button small" onClick={() => open("gone")}>
              {t("phone.remove")}
            </button>
          )}
        </>
      }
    />
  );
}

function SmsLine({ phone, open }: Line): VNode {
  const rests = phone.rests_until !== null && new Date(phone.rests_until) > new Date();
  const more =
    phone.signs_in && rests
      ? t("sms.rests", { moment: date(phone.rests_until ?? "", "full") })
      : t(phone.signs_in ? "sms.on" : "sms.off");
  return (
    <Thing
      icon={<MessageSquareText />}
      name={t("sms.name")}
      badge={phone.signs_in && <Badge tone={rests ? "warn" : "good"}>{t("factors.on")}</Badge>}
      more={more}
      tools={
        <button type="button" class="button small" onClick={() => open(phone.signs_in ? "off" : "on")}>
          {t(phone.signs_in ? "sms.switch_off" : "sms.switch_on")}
        </button>
      }
    />
  );
}

type Sent = Schemas["SmsSent"];

function NewNumber({ close }: { close: () => void }): VNode {
  const sent = useSignal<Sent | null>(null);
  return (
    <Dialog title={t("phone.new")} close={close}>
      {sent.value ? (
        <Code sent={sent.value} close={close} back={() => (sent.value = null)} />
      ) : (
        <Number close={close} done={(next) => (sent.value = next)} />
      )}
    </Dialog>
  );
}

function Number({ close, done }: { close: () => void; done: (sent: Sent) => void }): VNode {
  const form = useForm({
    initial: { number: "" },
    check: ({ number }) => ({ number: /^(\+|00)/.test(number.trim()) ? undefined : t("phone.with_country") }),
    send: async ({ number }) => done(await get(api.POST("/api/auth/phone/change", { body: { number } }))),
  });
  return (
    <>
      <p class="lead">{t("phone.new_why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field
          form={form}
          name="number"
          label={t("phone.number")}
          hint={t("phone.number_hint")}
          type="tel"
          dir="ltr"
          autocomplete="tel"
          maxLength={40}
        />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("phone.send")}</Submit>
        </div>
      </form>
    </>
  );
}

function Code({ sent, close, back }: { sent: Sent; close: () => void; back: () => void }): VNode {
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({ code: /^\d{6}$/.test(code.replace(/\s/g, "")) ? undefined : t("sms.six") }),
    send: async ({ code }) => {
      const params = { path: { change_id: sent.id } };
      const body = { code: code.replace(/\s/g, "") };
      await get(api.POST("/api/auth/phone/changes/{change_id}/verify", { params, body }));
      changed();
      toast(t("phone.done"));
      close();
    },
  });
  useEffect(() => form.element.current?.querySelector("input")?.focus(), [form]);
  return (
    <>
      <p class="lead">
        {t("sms.on_its_way")} <bdi dir="ltr">{sent.sent_to}</bdi>
      </p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field
          form={form}
          name="code"
          label={t("sms.code")}
          hint={t("sms.code_hint")}
          inputMode="numeric"
          autocomplete="one-time-code"
          maxLength={16}
        />
        <div class="actions">
          <button type="button" class="button" onClick={back}>
            {t("phone.another")}
          </button>
          <Submit busy={form.busy.value}>{t("action.continue")}</Submit>
        </div>
      </form>
    </>
  );
}

function Remove({ close }: { close: () => void }): VNode {
  const run = async () => {
    await get(api.DELETE("/api/auth/phone"));
    changed();
    toast(t("phone.removed"));
  };
  return (
    <Confirm
      title={t("phone.remove")}
      text={t("phone.remove_why")}
      verb={t("action.remove")}
      run={run}
      close={close}
    />
  );
}

function SwitchOn({ close, done }: { close: () => void; done: (codes: readonly string[]) => void }): VNode {
  const form = useForm({
    initial: {},
    send: async () => {
      const body = { signs_in: true, risks_accepted: true };
      const { recovery_codes } = await get(api.PATCH("/api/auth/phone", { body }));
      toast(t("sms.switched_on"));
      done(recovery_codes);
    },
  });
  return (
    <Dialog title={t("sms.switch_on")} close={close}>
      <p class="lead">{t("sms.risk")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <p>{t("sms.risk_more")}</p>
        <FormFailure refusal={form.failure.value} />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("sms.accept")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

function SwitchOff({ close }: { close: () => void }): VNode {
  const run = async () => {
    await get(api.PATCH("/api/auth/phone", { body: { signs_in: false, risks_accepted: false } }));
    changed();
    toast(t("sms.switched_off"));
  };
  return (
    <Confirm
      title={t("sms.switch_off")}
      text={t("sms.switch_off_why")}
      verb={t("sms.switch_off")}
      run={run}
      close={close}
    />
  );
}

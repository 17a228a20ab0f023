/** The authenticator app, the recovery codes and the password. */

import { useSignal } from "@preact/signals";
import { RectangleEllipsis, ScrollText, Smartphone } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";

import { api, get, type Schemas } from "../../lib/api";
import { Field, PasswordField, useForm } from "../../lib/form";
import { t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { replaced } from "../../lib/session";
import { Badge, Card, Submit } from "../../ui/basics";
import { RecoveryCodes } from "../../ui/codes";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { FormFailure, Loaded, Skeleton } from "../../ui/states";

type Open = "" | "app" | "app-gone" | "codes-anew" | "password";

export function Factors(): VNode {
  const open = useSignal<Open>("");
  const codes = useSignal<string[]>([]);
  const close = () => (open.value = "");
  const known = useResource("factors", () => get(api.GET("/api/auth/mfa/methods")));
  const show = (fresh: readonly string[]) => {
    close();
    codes.value = [...fresh];
    stale("factors");
  };
  return (
    <Card id="factors" title={t("factors.title")}>
      <Loaded of={known} skeleton={<Skeleton rows={3} />}>
        {(factors) => <Rows factors={factors} open={(next) => (open.value = next)} />}
      </Loaded>
      {open.value === "app" && <Enrol close={close} done={show} />}
      {open.value === "app-gone" && <RemoveApp close={close} />}
      {open.value === "codes-anew" && <CodesAnew close={close} done={show} />}
      {open.value === "password" && <Password close={close} />}
      {codes.value.length > 0 && <RecoveryCodes codes={codes.value} close={() => (codes.value = [])} />}
    </Card>
  );
}

function Rows({ factors, open }: { factors: Schemas["Methods"]; open: (next: Open) => void }): VNode {
  const hasApp = factors.methods.includes("totp");
  const left = factors.recovery_codes_left;
  return (
    <ul class="things">
      <Thing
        icon={<RectangleEllipsis />}
        name={t("field.password")}
        more={t("password.more")}
        tools={
          <button type="button" class="button small" onClick={() => open("password")}>
            {t("password.change")}
          </button>
        }
      />
      <Thing
        icon={<Smartphone />}
        name={t("method.totp")}
        badge={hasApp && <Badge tone="good">{t("factors.on")}</Badge>}
        more={t(hasApp ? "totp.on" : "totp.off")}
        tools={
          <button type="button" class="button small" onClick={() => open(hasApp ? "app-gone" : "app")}>
            {t(hasApp ? "totp.remove" : "totp.set_up")}
          </button>
        }
      />
      {(factors.methods.length > 0 || left > 0) && (
        <Thing
          icon={<ScrollText />}
          name={t("codes.name")}
          badge={left < 3 && <Badge tone="warn">{t("codes.few")}</Badge>}
          more={t("codes.left", { count: left })}
          tools={
            <button type="button" class="button small" onClick={() => open("codes-anew")}>
              {t("codes.anew")}
            </button>
          }
        />
      )}
    </ul>
  );
}

function Thing(props: {
  icon: VNode;
  name: string;
  badge?: ComponentChildren;
  more: string;
  tools: ComponentChildren;
}): VNode {
  return (
    <li class="thing">
      <span class="thing-mark" aria-hidden="true">
        {props.icon}
      </span>
      <span class="thing-text">
        <span class="thing-name">
          {props.name} {props.badge}
        </span>
        <span class="row-more">{props.more}</span>
      </span>
      <span class="thing-tools">{props.tools}</span>
    </li>
  );
}

/** An SVG element as an image: markup of the API is looked at and never becomes part of the page. */
const picture = (svg: string): string =>
  `data:image/svg+xml,${encodeURIComponent(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" '))}`;

type Done = (codes: readonly string[]) => void;
let counter = 0;

function Enrol({ close, done }: { close: () => void; done: Done }): VNode {
  const key = useSignal(`enrolment:${++counter}`);
  const offer = useResource(key.value, () => get(api.POST("/api/auth/mfa/totp/enroll")));
  const form = useForm({
    initial: { code: "" },
    check: ({ code }) => ({ code: /^\d{6}$/.test(code.replace(/\s/g, "")) ? undefined : t("totp.six") }),
    send: async ({ code }) => {
      const body = { code: code.replace(/\s/g, "") };
      const { recovery_codes } = await get(api.POST("/api/auth/mfa/totp/confirm", { body }));
      toast(t("totp.done"));
      done(recovery_codes);
    },
  });
  return (
    <Dialog title={t("totp.set_up")} close={close}>
      <Loaded of={offer} skeleton={<Skeleton kind="block" rows={1} />}>
        {({ qr_svg, secret, uri }) => (
          <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
            <FormFailure refusal={form.failure.value} />
            <p>{t("totp.scan")}</p>
            <img class="qr" src={picture(qr_svg)} alt={t("totp.qr")} />
            <p>
              {t("totp.type")} <code class="secret">{secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
            </p>
            <p>
              <a href={uri}>{t("totp.follow")}</a>
            </p>
            <Field
              form={form}
              name="code"
              label={t("field.code")}
              hint={t("totp.then")}
              inputMode="numeric"
              autocomplete="one-time-code"
              maxLength={16}
            />
            <div class="actions">
              <button type="button" class="button" onClick={close}>
                {t("action.cancel")}
              </button>
              <Submit busy={form.busy.value}>{t("totp.confirm")}</Submit>
            </div>
          </form>
        )}
      </Loaded>
    </Dialog>
  );
}

function RemoveApp({ close }: { close: () => void }): VNode {
  const remove = async () => {
    await get(api.DELETE("/api/auth/mfa/totp"));
    stale("factors");
    toast(t("totp.removed"));
  };
  return (
    <Confirm
      title={t("totp.remove")}
      text={t("totp.remove_why")}
      verb={t("action.remove")}
      run={remove}
      close={close}
    />
  );
}

function CodesAnew({ close, done }: { close: () => void; done: Done }): VNode {
  const run = async () => done((await get(api.POST("/api/auth/mfa/recovery-codes"))).recovery_codes);
  return (
    <Confirm
      title={t("codes.anew")}
      text={t("codes.anew_why")}
      verb={t("codes.anew")}
      run={run}
      close={close}
    />
  );
}

const SHORTEST = 12;

function Password({ close }: { close: () => void }): VNode {
  const form = useForm({
    initial: { current_password: "", new_password: "" },
    check: ({ current_password, new_password }) => ({
      current_password: current_password ? undefined : t("signin.missing_password"),
      new_password: [...new_password].length >= SHORTEST ? undefined : t("register.short"),
    }),
    send: async (body) => {
      await replaced(get(api.POST("/api/auth/password/change", { body })));
      stale("sessions", "sign-ins", "trusted");
      toast(t("password.done"));
      close();
    },
  });
  const shared = { form, maxLength: 1024, showText: t("action.show"), hideText: t("action.hide") };
  return (
    <Dialog title={t("password.change")} close={close}>
      <p class="lead">{t("password.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <PasswordField
          {...shared}
          name="current_password"
          label={t("password.current")}
          autocomplete="current-password"
        />
        <PasswordField
          {...shared}
          name="new_password"
          label={t("field.new_password")}
          hint={t("register.password_hint")}
          autocomplete="new-password"
        />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("password.change")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

/** Where one is signed in, which browsers are trusted, and when somebody signed in. */

import { useSignal } from "@preact/signals";
import { Bot, LogOut, Monitor, ShieldCheck, Smartphone } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";

import { api, get, type Schemas } from "../../lib/api";
import { deviceOf, isPhone } from "../../lib/device";
import { date, maybe, t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Badge, Card } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Empty, Loaded, Skeleton } from "../../ui/states";

type Session = Schemas["Session"];
type Trusted = Schemas["TrustedBrowser"];
const SHOWN = 8;

function nameOf(said: string): string {
  const { browser, system } = deviceOf(said);
  if (browser && system) return t("sessions.on", { browser, system });
  return browser || system || said || t("sessions.unknown");
}

const moment = (iso: string): string => t("sessions.moment", {
  day: date(new Date(iso), "dayYear"),
  time: date(new Date(iso), "time"),
});

function Device({
  said,
  badge,
  more,
  tools,
}: {
  said: string;
  badge?: ComponentChildren;
  more: string[];
  tools?: ComponentChildren;
}): VNode {
  const { browser } = deviceOf(said);
  const Icon = !browser ? Bot : isPhone(said) ? Smartphone : Monitor;
  return (
    <li class="thing">
      <span class="thing-mark" aria-hidden="true">
        <Icon />
      </span>
      <span class="thing-text">
        <span class="thing-name">
          {nameOf(said)} {badge}
        </span>
        <span class="row-more">{more.filter(Boolean).join(" · ")}</span>
      </span>
      {tools && <span class="thing-tools">{tools}</span>}
    </li>
  );
}

export function Sessions(): VNode {
  const ending = useSignal<Session | "others" | null>(null);
  const isLong = useSignal(false);
  const all = useResource("sessions", async () => (await get(api.GET("/api/auth/sessions"))).items);
  const others = all.data.value?.filter((one) => !one.is_current) ?? [];
  const close = () => (ending.value = null);
  return (
    <Card
      id="sessions"
      title={t("sessions.title")}
      aside={
        others.length > 0 && (
          <button type="button" class="button" onClick={() => (ending.value = "others")}>
            <LogOut aria-hidden="true" />
            {t("sessions.end_others")}
          </button>
        )
      }
    >
      <Loaded of={all} skeleton={<Skeleton rows={3} />}>
        {(items) => (
          <>
          <ul class="things">
            {(isLong.value ? items : items.slice(0, SHOWN)).map((one) => (
              <Device
                key={one.id}
                said={one.user_agent}
                badge={one.is_current && <Badge tone="good">{t("sessions.this")}</Badge>}
                more={[one.network, t("sessions.seen", { moment: moment(one.last_seen_at) })]}
                tools={
                  !one.is_current && (
                    <button
                      type="button"
                      class="button small"
                      aria-label={t("sessions.end_one", { device: nameOf(one.user_agent) })}
                      onClick={() => (ending.value = one)}
                    >
                      {t("action.sign_out")}
                    </button>
                  )
                }
              />
            ))}
          </ul>
          {items.length > SHOWN && !isLong.value && (
            <button type="button" class="button more" onClick={() => (isLong.value = true)}>
              {t("sign_ins.more", { count: items.length - SHOWN })}
            </button>
          )}
          </>
        )}
      </Loaded>
      {ending.value && <End of={ending.value} close={close} />}
    </Card>
  );
}

function End({ of, close }: { of: Session | "others"; close: () => void }): VNode {
  const run = async () => {
    if (of === "others") await get(api.POST("/api/auth/logout-others"));
    else {
      const params = { path: { session_id: of.id } };
      await get(api.DELETE("/api/auth/sessions/{session_id}", { params }));
    }
    stale("sessions", "sign-ins");
    toast(t("sessions.ended"));
  };
  return (
    <Confirm
      title={
        of === "others"
          ? t("sessions.end_others")
          : t("sessions.end_one", { device: nameOf(of.user_agent) })
      }
      text={t("sessions.end_why")}
      verb={t("action.sign_out")}
      run={run}
      close={close}
    />
  );
}

export function TrustedBrowsers(): VNode {
  const leaving = useSignal<Trusted | null>(null);
  const all = useResource("trusted", async () => (await get(api.GET("/api/auth/trusted-browsers"))).items);
  const remove = async (one: Trusted) => {
    const params = { path: { browser_id: one.id } };
    await get(api.DELETE("/api/auth/trusted-browsers/{browser_id}", { params }));
    stale("trusted");
    toast(t("trusted.removed"));
  };
  return (
    <Card id="trusted" title={t("trusted.title")}>
      <Loaded of={all} skeleton={<Skeleton rows={2} />}>
        {(items) =>
          items.length ? (
            <ul class="things">
              {items.map((one) => (
                <Device
                  key={one.id}
                  said={one.user_agent}
                  more={[one.network, t("trusted.until", { day: date(new Date(one.expires_at), "dayYear") })]}
                  tools={
                    <button
                      type="button"
                      class="button small"
                      aria-label={t("trusted.remove_one", { device: nameOf(one.user_agent) })}
                      onClick={() => (leaving.value = one)}
                    >
                      {t("action.remove")}
                    </button>
                  }
                />
              ))}
            </ul>
          ) : (
            <Empty title={t("trusted.none")}>{t("trusted.none_why")}</Empty>
          )
        }
      </Loaded>
      {leaving.value && (
        <Confirm
          title={t("trusted.remove_one", { device: nameOf(leaving.value.user_agent) })}
          text={t("trusted.remove_why")}
          verb={t("action.remove")}
          run={() => remove(leaving.value!)}
          close={() => (leaving.value = null)}
        />
      )}
    </Card>
  );
}

/** A proof of the token's `amr`, in words. */
const proof = (method: string): string => maybe(`proof.${method}`) ?? method;

export function SignIns(): VNode {
  const isLong = useSignal(false);
  const all = useResource("sign-ins", async () => (await get(api.GET("/api/auth/login-history"))).items);
  return (
    <Card id="sign-ins" title={t("sign_ins.title")}>
      <Loaded of={all} skeleton={<Skeleton rows={5} />}>
        {(items) => (
          <>
            <p class="lead">{t("sign_ins.lead")}</p>
            <ul class="things">
              {(isLong.value ? items : items.slice(0, SHOWN)).map((one) => (
                <Device
                  key={one.id}
                  said={one.user_agent}
                  badge={one.revoked_at && <Badge>{ended(one.revoked_reason)}</Badge>}
                  more={[moment(one.created_at), one.network, one.amr.map(proof).join(" + ")]}
                />
              ))}
            </ul>
            {items.length > SHOWN && (
              <button type="button" class="button more" onClick={() => (isLong.value = !isLong.value)}>
                <ShieldCheck aria-hidden="true" />
                {isLong.value ? t("sign_ins.less") : t("sign_ins.more", { count: items.length - SHOWN })}
              </button>
            )}
          </>
        )}
      </Loaded>
    </Card>
  );
}

const ended = (reason: string): string => maybe(`ended.${reason}`) ?? t("ended.other");

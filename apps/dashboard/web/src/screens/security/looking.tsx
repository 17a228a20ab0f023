/** Who of the bank asks to look at one's things, who may at the moment, and the end of it. */

import { useSignal } from "@preact/signals";
import { Eye } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Schemas } from "../../lib/api";
import { refusalOf, type Refusal } from "../../lib/errors";
import { date, t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { go } from "../../lib/router";
import { toast } from "../../lib/say";
import { lookWith, profile } from "../../lib/session";
import { Badge, Card } from "../../ui/basics";
import { FormFailure } from "../../ui/states";
import { Thing } from "../../ui/thing";

type Asked = Schemas["Impersonation"];
type Answer = "approve" | "deny" | "end";

const PATHS = {
  approve: "/api/auth/impersonations/{impersonation_id}/approve",
  deny: "/api/auth/impersonations/{impersonation_id}/deny",
  end: "/api/auth/impersonations/{impersonation_id}/end",
} as const;

const isOver = (one: Asked): boolean =>
  Boolean(one.ended_at) || one.state === "denied" || (Boolean(one.until_at) && Date.parse(one.until_at!) < Date.now());

/** Nothing is shown to the many whom nobody has ever asked. */
export function Looking(): VNode | null {
  const failure = useSignal<Refusal | null>(null);
  const known = useResource("looking", async () => (await get(api.GET("/api/auth/impersonations"))).items);
  const items = known.data.value ?? [];
  if (!items.length) return null;
  const act = async (work: () => Promise<unknown>) => {
    failure.value = null;
    try {
      await work();
    } catch (error) {
      failure.value = refusalOf(error);
    }
    stale("looking");
  };
  const answer = (one: Asked, how: Answer) =>
    act(async () => {
      await get(api.POST(PATHS[how], { params: { path: { impersonation_id: one.id } } }));
      toast(t(`looking.${how}_done`));
    });
  const look = (one: Asked) =>
    act(async () => {
      const params = { path: { impersonation_id: one.id } };
      await lookWith(await get(api.POST("/api/auth/impersonations/{impersonation_id}/token", { params })));
      go("/");
    });
  return (
    <Card id="looking" title={t("looking.title")}>
      <p class="lead">{t("looking.lead")}</p>
      <FormFailure refusal={failure.value} />
      <ul class="things">
        {items.map((one) => (
          <Row
            key={one.id}
            one={one}
            isMine={one.staff === profile.value?.id}
            answer={(how) => void answer(one, how)}
            look={() => void look(one)}
          />
        ))}
      </ul>
    </Card>
  );
}

function Row({
  one,
  isMine,
  answer,
  look,
}: {
  one: Asked;
  isMine: boolean;
  answer: (how: Answer) => void;
  look: () => void;
}): VNode {
  const isLive = one.state === "approved" && !isOver(one);
  const button = (text: string, run: () => void) => (
    <button type="button" class="button small" onClick={run}>
      {text}
    </button>
  );
  return (
    <Thing
      icon={<Eye />}
      name={<bdi>{one.staff_name}</bdi>}
      badge={isLive && <Badge tone="warn">{t("looking.now", { time: date(one.until_at!, "time") })}</Badge>}
      more={[one.reason, t("looking.minutes", { count: one.minutes }), date(one.requested_at, "full")].join(" · ")}
      tools={
        isOver(one) ? undefined : (
          <>
            {one.state === "requested" && !isMine && (
              <>
                {button(t("looking.approve"), () => answer("approve"))}
                {button(t("looking.deny"), () => answer("deny"))}
              </>
            )}
            {isLive && isMine && button(t("looking.look"), look)}
            {isLive && button(t("looking.end"), () => answer("end"))}
          </>
        )
      }
    />
  );
}

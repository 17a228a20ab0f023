/** Virtual cards of an account: made, locked, unlocked and cancelled here; what was paid with each. */

import { useSignal } from "@preact/signals";
import { CreditCard } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import { api, get, once, type Account, type Schemas } from "../../lib/api";
import { refusalOf, type Refusal } from "../../lib/errors";
import { Field, useForm, useIntent } from "../../lib/form";
import { date, maybe, t } from "../../lib/i18n";
import { usePages } from "../../lib/pages";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Amount, Badge, Submit } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { ListCard, Tool } from "../../ui/list-card";
import { More } from "../../ui/more";
import { Empty, FormFailure, Loaded } from "../../ui/states";
import { Thing } from "../../ui/thing";
import { CardLimits } from "./limits";

type Plastic = Schemas["Card"];
type About = "payments" | "limits" | "cancel";
type Asking = { what: "new" } | { what: About; card: Plastic };

const PATHS = {
  lock: "/api/accounts/cards/{card_id}/lock",
  unlock: "/api/accounts/cards/{card_id}/unlock",
  cancel: "/api/accounts/cards/{card_id}/cancel",
} as const;

const nameOf = (card: Plastic): string => card.name || t("cards.unnamed");

export function Cards({ account }: { account: Account }): VNode {
  const asking = useSignal<Asking | null>(null);
  const failure = useSignal<Refusal | null>(null);
  const params = { path: { account_id: account.id } };
  const known = useResource(`cards:${account.id}`, async () => {
    return (await get(api.GET("/api/accounts/{account_id}/cards", { params }))).items;
  });
  const isWaiting = known.data.value?.some((one) => one.state === "requested") ?? false;
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => stale(`cards:${account.id}`), 2000);
    return () => clearInterval(timer);
  }, [isWaiting]);
  const close = () => (asking.value = null);
  const change = async (card: Plastic, how: keyof typeof PATHS) => {
    await get(api.POST(PATHS[how], { params: { path: { card_id: card.id } } }));
    stale("cards");
    toast(t(`cards.${how}_done`, { name: nameOf(card) }));
  };
  const turn = (card: Plastic) => {
    failure.value = null;
    change(card, card.state === "locked" ? "unlock" : "lock").catch((error: unknown) => {
      const refusal = refusalOf(error);
      if (refusal.code !== "step_up_given_up") failure.value = refusal;
    });
  };
  const now = asking.value;
  const isOwner = account.role === "owner";
  return (
    <ListCard
      id="cards"
      title={t("cards.title")}
      add={isOwner && account.status === "active" && { text: t("cards.add"), run: () => (asking.value = { what: "new" }) }}
      before={<FormFailure refusal={failure.value} />}
      of={known}
      none={t("cards.none")}
      why={t("cards.none_why")}
      line={(card) => (
        <Row
          key={card.id}
          card={card}
          isOwner={isOwner}
          turn={() => turn(card)}
          ask={(what) => (asking.value = { what, card })}
        />
      )}
    >
      {now?.what === "new" && <NewCard account={account} close={close} />}
      {now?.what === "payments" && <Payments card={now.card} close={close} />}
      {now?.what === "limits" && (
        <CardLimits account={account} card={now.card} name={nameOf(now.card)} close={close} />
      )}
      {now?.what === "cancel" && (
        <Confirm
          title={t("cards.cancel_one", { name: nameOf(now.card) })}
          text={t("cards.cancel_why")}
          verb={t("cards.cancel")}
          run={() => change(now.card, "cancel")}
          close={close}
        />
      )}
    </ListCard>
  );
}

function Row({
  card,
  isOwner,
  turn,
  ask,
}: {
  card: Plastic;
  isOwner: boolean;
  turn: () => void;
  ask: (what: About) => void;
}): VNode {
  const name = nameOf(card);
  const isLocked = card.state === "locked";
  const isUsable = isLocked || card.state === "active";
  const until = `${String(card.expiry_month ?? 0).padStart(2, "0")}/${String(card.expiry_year ?? 0).slice(-2)}`;
  return (
    <Thing
      icon={<CreditCard />}
      name={<bdi>{name}</bdi>}
      badge={card.state !== "active" && <Badge tone={isLocked ? "warn" : "plain"}>{t(`cards.is.${card.state}`)}</Badge>}
      more={
        card.last_four ? (
          <bdi>{t("cards.number", { brand: card.brand, last: card.last_four, until })}</bdi>
        ) : (
          t("cards.being_made")
        )
      }
      tools={
        <>
          {card.last_four && (
            <Tool text={t("cards.payments")} says={t("cards.payments_one", { name })} run={() => ask("payments")} />
          )}
          {isUsable && <Tool text={t("cards.limits")} says={t("cards.limits_one", { name })} run={() => ask("limits")} />}
          {isUsable && !isLocked && <Tool text={t("cards.lock")} says={t("cards.lock_one", { name })} run={turn} />}
          {isUsable && isOwner && (
            <>
              {isLocked && <Tool text={t("cards.unlock")} says={t("cards.unlock_one", { name })} run={turn} />}
              <Tool text={t("cards.cancel")} says={t("cards.cancel_one", { name })} run={() => ask("cancel")} />
            </>
          )}
        </>
      }
    />
  );
}

function NewCard({ account, close }: { account: Account; close: () => void }): VNode {
  const intent = useIntent();
  const form = useForm({
    initial: { name: "" },
    send: async ({ name }) => {
      const body = { name: name.trim() };
      const path = { account_id: account.id };
      const ask = (key: string) =>
        api.POST("/api/accounts/{account_id}/cards", { params: { path, header: { "Idempotency-Key": key } }, body });
      await once(ask, intent.key(body));
      intent.done();
      stale("cards");
      toast(t("cards.made"));
      close();
    },
  });
  return (
    <Dialog title={t("cards.add")} close={close}>
      <p class="lead">{t("cards.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="name" label={t("open.nickname")} hint={t("open.nickname_hint")} maxLength={64} />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("cards.add")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

function Payments({ card, close }: { card: Plastic; close: () => void }): VNode {
  const path = { card_id: card.id };
  const found = usePages(`card-payments:${card.id}`, (query) =>
    get(api.GET("/api/accounts/cards/{card_id}/payments", { params: { path, query } })),
  );
  return (
    <Dialog title={t("cards.payments_one", { name: nameOf(card) })} close={close} kind="drawer">
      <Loaded of={found.pages}>
        {({ items }) =>
          items.length ? (
            <>
              <ul class="things">
                {items.map((one) => (
                  <Thing
                    key={one.id}
                    icon={<CreditCard />}
                    name={<bdi>{one.merchant}</bdi>}
                    badge={
                      <Badge tone={one.state === "refused" ? "bad" : "plain"}>{t(`card_payment.${one.state}`)}</Badge>
                    }
                    more={[date(one.asked_at, "full"), one.refused_with && (maybe(`refused.${one.refused_with}`) ?? one.refused_with)]
                      .filter(Boolean)
                      .join(" · ")}
                    tools={<Amount money={one.state === "captured" ? one.captured : one.amount} />}
                  />
                ))}
              </ul>
              <More of={found} />
            </>
          ) : (
            <Empty title={t("cards.no_payments")} />
          )
        }
      </Loaded>
    </Dialog>
  );
}

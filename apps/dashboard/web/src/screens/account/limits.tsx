/** How much may leave an account or a card, how much of that is used, and what will hold later. */

import { useComputed, useSignal } from "@preact/signals";
import { Gauge } from "lucide-preact";
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";

import type { Account, Schemas } from "../../lib/api";
import { refusalOf } from "../../lib/errors";
import { Field, Select, useForm } from "../../lib/form";
import { date, t, T } from "../../lib/i18n";
import { ofAccount, ofCard, type Door, type Known, type Limit } from "../../lib/limits";
import { height, minor, typedLimit } from "../../lib/money";
import { stale, useResource, type Resource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Amount, Submit } from "../../ui/basics";
import { Dialog } from "../../ui/dialog";
import { AddButton, EndTool, ListCard, Things, Tool, type End } from "../../ui/list-card";
import { FormFailure } from "../../ui/states";
import { Thing } from "../../ui/thing";

const PERIODS = ["day", "month", "transaction"] as const;
const CHANNELS = ["any", "transfer", "card", "cash"] as const;

const nameOf = (one: Pick<Limit, "period" | "channel">): string =>
  t("limits.name", { period: t(`limits.${one.period}`), channel: t(`channel.${one.channel}`) });

/** A change of what somebody else has changed meanwhile is refused; then the page reads what holds now. */
async function changing<R>(door: Door, change: () => Promise<R>): Promise<R> {
  try {
    return await change();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.status === 412 || refusal.status === 409) stale(door.key);
    throw refusal;
  }
}

function useLimits(door: Door) {
  const asking = useSignal<Limit | "new" | null>(null);
  const known = useResource<Known>(door.key, door.read);
  const items = useComputed(() => known.data.value?.items);
  const of = useMemo<Resource<readonly Limit[]>>(
    () => ({ ...known, data: items as Resource<readonly Limit[]>["data"] }),
    [known],
  );
  const etag = known.data.value?.etag ?? "";
  const end: End<Limit> = {
    verb: t("limits.lift"),
    title: (one) => t("limits.lift_one", { name: nameOf(one) }),
    why: () => t("limits.lift_why"),
    run: async (one) => {
      await changing(door, () => door.lift(one, etag));
      stale("limits");
      toast(t("limits.lifted"));
    },
  };
  const change = asking.value && (
    <Change door={door} limit={asking.value} etag={etag} close={() => (asking.value = null)} />
  );
  return { of, end, change, ask: (one: Limit | "new") => (asking.value = one) };
}

export function Limits({ account }: { account: Account }): VNode {
  const { of, end, change, ask } = useLimits(useMemo(() => ofAccount(account), [account]));
  return (
    <ListCard
      id="limits"
      title={t("limits.title")}
      add={{ text: t("limits.add"), run: () => ask("new") }}
      of={of}
      rows={2}
      none={t("limits.none")}
      why={t("limits.none_why")}
      end={end}
      line={(one, lift) => <Row key={one.id} one={one} end={end} change={() => ask(one)} lift={lift} />}
    >
      {change}
    </ListCard>
  );
}

/** The limits of one card, over the account; whoever does not own it looks only. */
export function CardLimits({
  account,
  card,
  name,
  close,
}: {
  account: Account;
  card: Schemas["Card"];
  name: string;
  close: () => void;
}): VNode {
  const { of, end, change, ask } = useLimits(useMemo(() => ofCard(card, account), [card, account]));
  const mayChange = account.role === "owner" && card.state !== "cancelled";
  return (
    <Dialog title={t("cards.limits_one", { name })} close={close} kind="drawer">
      <div class="stack loose">
        <p class="lead">{t("cards.limits_why")}</p>
        <Things
          of={of}
          none={t("cards.no_limit")}
          why={t("cards.no_limit_why")}
          end={end}
          line={(one, lift) => (
            <Row key={one.id} one={one} end={mayChange ? end : null} change={() => ask(one)} lift={lift} />
          )}
        />
        {mayChange && (
          <div class="actions">
            <AddButton text={t("limits.add")} run={() => ask("new")} />
          </div>
        )}
        {change}
      </div>
    </Dialog>
  );
}

function Row({
  one,
  end,
  change,
  lift,
}: {
  one: Limit;
  /** Null where nothing may be changed. */
  end: End<Limit> | null;
  change: () => void;
  lift: () => void;
}): VNode {
  const name = nameOf(one);
  const { amount } = one;
  return (
    <Thing
      icon={<Gauge />}
      name={name}
      more={
        amount && one.period === "transaction" ? (
          <T k="limits.at_most" amount={<Amount money={amount} />} />
        ) : amount ? (
          <T k="limits.used" used={<Amount money={one.used} />} amount={<Amount money={amount} />} />
        ) : undefined
      }
      tools={
        end && (
          <>
            <Tool text={t("action.change")} says={t("limits.change_one", { name })} run={change} />
            <EndTool end={end} one={one} ask={lift} />
          </>
        )
      }
    >
      {amount && one.period !== "transaction" && (
        <progress
          max={Math.max(height(amount), 0.01)}
          value={Math.min(height(one.used), height(amount))}
          aria-label={t("limits.progress", { name })}
        />
      )}
      {one.next_at && (
        <span class="row-more">
          {one.next_amount ? (
            <T k="limits.next" amount={<Amount money={one.next_amount} />} when={date(one.next_at, "full")} />
          ) : (
            t("limits.ends", { when: date(one.next_at, "full") })
          )}
        </span>
      )}
    </Thing>
  );
}

function Change({
  door,
  limit,
  etag,
  close,
}: {
  door: Door;
  limit: Limit | "new";
  etag: string;
  close: () => void;
}): VNode {
  const isNew = limit === "new";
  const { currency } = door;
  // A card is paid with by card only, so its limit of a way would say nothing more.
  const isCard = door.key.startsWith("limits:card:");
  const form = useForm({
    initial: { period: "day", channel: "any", amount: isNew ? "" : (limit.amount?.amount ?? "") },
    check: ({ amount }) => ({ amount: typedLimit(amount, currency) ? undefined : t("transfer.wrong_amount") }),
    send: async (typed) => {
      const amount = { amount: typedLimit(typed.amount, currency)!, currency };
      let isMore = false;
      if (isNew) {
        const { period, channel } = typed as Pick<Limit, "period" | "channel">;
        await changing(door, () => door.set({ period, channel, amount }));
      } else {
        await changing(door, () => door.change(limit, etag, amount));
        isMore = limit.amount !== null && minor(amount) > minor(limit.amount);
      }
      stale("limits");
      toast(t(isMore ? "limits.later" : "limits.set"));
      close();
    },
  });
  return (
    <Dialog title={isNew ? t("limits.add") : nameOf(limit)} close={close}>
      <p class="lead">{t("limits.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        {isNew && (
          <div class={isCard ? undefined : "pair"}>
            <Select form={form} name="period" label={t("limits.period")}>
              {PERIODS.map((one) => (
                <option key={one} value={one}>
                  {t(`limits.${one}`)}
                </option>
              ))}
            </Select>
            {!isCard && (
              <Select form={form} name="channel" label={t("limits.channel")}>
                {CHANNELS.map((one) => (
                  <option key={one} value={one}>
                    {t(`channel.${one}`)}
                  </option>
                ))}
              </Select>
            )}
          </div>
        )}
        <Field
          form={form}
          name="amount"
          label={t("transfer.amount", { currency })}
          inputMode="decimal"
          maxLength={24}
        />
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

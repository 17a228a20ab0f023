/** How much may leave an account, how much of that is used, and what will hold later. */

import { useSignal } from "@preact/signals";
import { Gauge, Plus } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, type Account, type Schemas } from "../../lib/api";
import { Field, Select, useForm } from "../../lib/form";
import { date, t, T } from "../../lib/i18n";
import { height, minor, typedLimit } from "../../lib/money";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Amount, Card, Submit } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Empty, FormFailure, Loaded, Skeleton } from "../../ui/states";
import { Thing } from "../../ui/thing";

type Limit = Schemas["SpendingLimitShown"];
type Known = { items: Limit[]; etag: string };

const PERIODS = ["day", "month", "transaction"] as const;
const CHANNELS = ["any", "transfer", "card", "cash"] as const;

const nameOf = (one: Pick<Limit, "period" | "channel">): string =>
  t("limits.name", { period: t(`limits.${one.period}`), channel: t(`channel.${one.channel}`) });

export function Limits({ account }: { account: Account }): VNode {
  const asking = useSignal<Limit | "new" | null>(null);
  const lifting = useSignal<Limit | null>(null);
  const path = { account_id: account.id };
  const known = useResource<Known>(`limits:${account.id}`, async () => {
    const answer = api.GET("/api/accounts/{account_id}/limits", { params: { path } });
    const { items } = await get(answer);
    return { items, etag: (await answer).response.headers.get("ETag") ?? "" };
  });
  const close = () => (asking.value = null);
  const lift = async (one: Limit) => {
    const params = { path: { ...path, limit_id: one.id }, header: { "If-Match": known.data.value?.etag ?? "" } };
    await get(api.DELETE("/api/accounts/{account_id}/limits/{limit_id}", { params }));
    stale("limits");
    toast(t("limits.lifted"));
  };
  return (
    <Card
      id="limits"
      title={t("limits.title")}
      aside={
        <button type="button" class="button small" onClick={() => (asking.value = "new")}>
          <Plus aria-hidden="true" />
          {t("limits.add")}
        </button>
      }
    >
      <Loaded of={known} skeleton={<Skeleton rows={2} />}>
        {({ items }) =>
          items.length ? (
            <ul class="things">
              {items.map((one) => (
                <Row key={one.id} one={one} change={() => (asking.value = one)} lift={() => (lifting.value = one)} />
              ))}
            </ul>
          ) : (
            <Empty title={t("limits.none")}>{t("limits.none_why")}</Empty>
          )
        }
      </Loaded>
      {asking.value && (
        <Change account={account} limit={asking.value} etag={known.data.value?.etag ?? ""} close={close} />
      )}
      {lifting.value && (
        <Confirm
          title={t("limits.lift_one", { name: nameOf(lifting.value) })}
          text={t("limits.lift_why")}
          verb={t("limits.lift")}
          run={() => lift(lifting.value!)}
          close={() => (lifting.value = null)}
        />
      )}
    </Card>
  );
}

function Row({ one, change, lift }: { one: Limit; change: () => void; lift: () => void }): VNode {
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
        <>
          <button type="button" class="button small" aria-label={t("limits.change_one", { name })} onClick={change}>
            {t("action.change")}
          </button>
          <button type="button" class="button small" aria-label={t("limits.lift_one", { name })} onClick={lift}>
            {t("limits.lift")}
          </button>
        </>
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
  account,
  limit,
  etag,
  close,
}: {
  account: Account;
  limit: Limit | "new";
  etag: string;
  close: () => void;
}): VNode {
  const isNew = limit === "new";
  const { currency } = account;
  const path = { account_id: account.id };
  const form = useForm({
    initial: { period: "day", channel: "any", amount: isNew ? "" : (limit.amount?.amount ?? "") },
    check: ({ amount }) => ({ amount: typedLimit(amount, currency) ? undefined : t("transfer.wrong_amount") }),
    send: async (typed) => {
      const amount = { amount: typedLimit(typed.amount, currency)!, currency };
      let isMore = false;
      if (isNew) {
        const body = { period: typed.period as Limit["period"], channel: typed.channel as Limit["channel"], amount };
        await get(api.POST("/api/accounts/{account_id}/limits", { params: { path }, body }));
      } else {
        const params = { path: { ...path, limit_id: limit.id }, header: { "If-Match": etag } };
        await get(api.PATCH("/api/accounts/{account_id}/limits/{limit_id}", { params, body: { amount } }));
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
          <div class="pair">
            <Select form={form} name="period" label={t("limits.period")}>
              {PERIODS.map((one) => (
                <option key={one} value={one}>
                  {t(`limits.${one}`)}
                </option>
              ))}
            </Select>
            <Select form={form} name="channel" label={t("limits.channel")}>
              {CHANNELS.map((one) => (
                <option key={one} value={one}>
                  {t(`channel.${one}`)}
                </option>
              ))}
            </Select>
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

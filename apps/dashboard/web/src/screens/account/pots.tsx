/** Money set aside beside an account: for a goal, and with the change of payments where that is wanted. */

import { useSignal } from "@preact/signals";
import { PiggyBank, Plus } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, once, type Account, type Schemas } from "../../lib/api";
import { Refusal } from "../../lib/errors";
import { Field, Select, useForm, useIntent } from "../../lib/form";
import { date, moneyText, t, T } from "../../lib/i18n";
import { height, isZero, minor, typedAmount, type Money } from "../../lib/money";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Amount, Badge, Card, Segmented, Submit } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Empty, FormFailure, Loaded, Skeleton } from "../../ui/states";
import { Thing } from "../../ui/thing";
import { moved } from "../transfer/review";

type Pot = Schemas["Pot"];
type Asking = { what: "new" } | { what: "edit" | "move" | "close"; pot: Pot };

export function Pots({ account }: { account: Account }): VNode {
  const asking = useSignal<Asking | null>(null);
  const params = { path: { account_id: account.id } };
  const known = useResource(`pots:${account.id}`, async () => {
    return (await get(api.GET("/api/accounts/{account_id}/pots", { params }))).items;
  });
  const close = () => (asking.value = null);
  const now = asking.value;
  const end = async (pot: Pot) => {
    await get(api.DELETE("/api/accounts/pots/{pot_id}", { params: { path: { pot_id: pot.id } } }));
    moved();
    toast(t("pots.closed", { name: pot.name }));
  };
  return (
    <Card
      id="pots"
      title={t("pots.title")}
      aside={
        account.status === "active" && (
          <button type="button" class="button small" onClick={() => (asking.value = { what: "new" })}>
            <Plus aria-hidden="true" />
            {t("pots.add")}
          </button>
        )
      }
    >
      <Loaded of={known} skeleton={<Skeleton rows={2} />}>
        {(pots) =>
          pots.length ? (
            <ul class="things">
              {pots.map((pot) => (
                <Row key={pot.id} pot={pot} ask={(what) => (asking.value = { what, pot })} />
              ))}
            </ul>
          ) : (
            <Empty title={t("pots.none")}>{t("pots.none_why")}</Empty>
          )
        }
      </Loaded>
      {now?.what === "new" && <Plan account={account} close={close} />}
      {now?.what === "edit" && <Plan account={account} pot={now.pot} close={close} />}
      {now?.what === "move" && <Move account={account} pot={now.pot} close={close} />}
      {now?.what === "close" && (
        <Confirm
          title={t("pots.close_one", { name: now.pot.name })}
          text={t("pots.close_why", { amount: moneyText(now.pot.balance) })}
          verb={t("pots.close")}
          run={() => end(now.pot)}
          close={close}
        />
      )}
    </Card>
  );
}

function Row({ pot, ask }: { pot: Pot; ask: (what: "edit" | "move" | "close") => void }): VNode {
  const { name, goal } = pot;
  return (
    <Thing
      icon={<PiggyBank />}
      name={name}
      badge={pot.round_up && <Badge>{t("pots.rounds", { amount: moneyText(pot.round_up, { whole: true }) })}</Badge>}
      more={
        goal ? (
          <T k="pots.of" amount={<Amount money={pot.balance} />} goal={<Amount money={goal} whole />} />
        ) : (
          <Amount money={pot.balance} />
        )
      }
      tools={
        <>
          <button type="button" class="button small" aria-label={t("pots.move_one", { name })} onClick={() => ask("move")}>
            {t("pots.move")}
          </button>
          <button type="button" class="button small" aria-label={t("pots.edit_one", { name })} onClick={() => ask("edit")}>
            {t("action.change")}
          </button>
          <button type="button" class="button small" aria-label={t("pots.close_one", { name })} onClick={() => ask("close")}>
            {t("pots.close")}
          </button>
        </>
      }
    >
      {goal && (
        <progress
          max={height(goal)}
          value={Math.min(height(pot.balance), height(goal))}
          aria-label={t("pots.progress", { name })}
        />
      )}
      {pot.goal_date && (
        <span class="row-more">{t("pots.until", { day: date(`${pot.goal_date}T00:00:00Z`, "dayYear", "UTC") })}</span>
      )}
    </Thing>
  );
}

const ROUNDS = ["1", "2", "5", "10"] as const;

/** Opening a pot, or changing what it is for. */
function Plan({ account, pot, close }: { account: Account; pot?: Pot; close: () => void }): VNode {
  const intent = useIntent();
  const { currency } = account;
  const rounds = ROUNDS.map((amount): Money => ({ amount, currency }));
  const chosen = pot?.round_up ? (rounds.find((one) => minor(one) === minor(pot.round_up!))?.amount ?? "1") : "";
  const form = useForm({
    initial: {
      name: pot?.name ?? "",
      goal: pot?.goal?.amount ?? "",
      goal_date: pot?.goal_date ?? "",
      round_up: chosen,
    },
    check: ({ name, goal }) => ({
      name: name.trim() ? undefined : t("pots.missing_name"),
      goal: goal.trim() && !typedAmount(goal, currency) ? t("transfer.wrong_amount") : undefined,
    }),
    send: async ({ name, goal, goal_date, round_up }) => {
      const money = (amount: string | null) => (amount ? { amount, currency } : null);
      const body = {
        name: name.trim(),
        goal: money(goal.trim() ? typedAmount(goal, currency) : null),
        goal_date: goal_date || null,
        round_up: money(round_up),
      };
      if (pot) await change(pot, body);
      else {
        const path = { account_id: account.id };
        const ask = (key: string) =>
          api.POST("/api/accounts/{account_id}/pots", { params: { path, header: { "Idempotency-Key": key } }, body });
        await once(ask, intent.key(body));
        intent.done();
      }
      stale("pots");
      toast(t(pot ? "pots.changed" : "pots.opened", { name: body.name }));
      close();
    },
  });
  return (
    <Dialog title={pot ? t("pots.edit_one", { name: pot.name }) : t("pots.add")} close={close}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="name" label={t("open.nickname")} maxLength={64} />
        <div class="pair">
          <Field
            form={form}
            name="goal"
            label={t("pots.goal", { currency })}
            hint={t("pots.optional")}
            inputMode="decimal"
            maxLength={24}
          />
          <Field form={form} name="goal_date" label={t("pots.goal_date")} hint={t("pots.optional")} type="date" />
        </div>
        <Select form={form} name="round_up" label={t("pots.round_up")} hint={t("pots.round_up_hint")}>
          <option value="">{t("pots.no_rounding")}</option>
          {rounds.map((one) => (
            <option key={one.amount} value={one.amount}>
              {t("pots.rounds", { amount: moneyText(one, { whole: true }) })}
            </option>
          ))}
        </Select>
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t(pot ? "action.save" : "pots.add")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

type Planned = Schemas["PatchedPotPlanRequest"];

/** What another page changed in between is not overwritten unseen. */
async function change(pot: Pot, body: Planned): Promise<void> {
  const path = { pot_id: pot.id };
  const answer = api.GET("/api/accounts/pots/{pot_id}", { params: { path } });
  const now = await get(answer);
  const plan = ({ name, goal, goal_date, round_up }: Pot) => JSON.stringify([name, goal, goal_date, round_up]);
  if (plan(now) !== plan(pot)) {
    stale("pots");
    throw new Refusal({ code: "changed_elsewhere" });
  }
  const header = { "If-Match": (await answer).response.headers.get("ETag") ?? "" };
  await get(api.PATCH("/api/accounts/pots/{pot_id}", { params: { path, header }, body }));
}

function Move({ account, pot, close }: { account: Account; pot: Pot; close: () => void }): VNode {
  const intent = useIntent();
  const direction = useSignal<"in" | "out">("in");
  const { currency } = account;
  const there = direction.value === "in" ? account.balance.available : pot.balance;
  const form = useForm({
    initial: { amount: "" },
    check: ({ amount }) => {
      const typed = typedAmount(amount, currency);
      if (!typed) return { amount: t("transfer.wrong_amount") };
      const isMore = minor({ amount: typed, currency }) > minor(there);
      return { amount: isMore ? t("transfer.too_much", { amount: moneyText(there) }) : undefined };
    },
    send: async ({ amount }) => {
      const money = { amount: typedAmount(amount, currency)!, currency };
      const body = { direction: direction.value, amount: money };
      const path = { pot_id: pot.id };
      const ask = (key: string) =>
        api.POST("/api/accounts/pots/{pot_id}/transfer", { params: { path, header: { "Idempotency-Key": key } }, body });
      await once(ask, intent.key(body));
      intent.done();
      moved();
      toast(t(`pots.moved.${direction.value}`, { amount: moneyText(money), name: pot.name }));
      close();
    },
  });
  return (
    <Dialog title={t("pots.move_one", { name: pot.name })} close={close}>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Segmented
          label={t("pots.direction")}
          value={direction.value}
          options={[
            { value: "in", text: t("pots.in") },
            ...(isZero(pot.balance) ? [] : [{ value: "out" as const, text: t("pots.out") }]),
          ]}
          choose={(one) => (direction.value = one)}
        />
        <Field
          form={form}
          name="amount"
          label={t("transfer.amount", { currency })}
          hint={<T k="account.available" amount={<Amount money={there} />} />}
          inputMode="decimal"
          maxLength={24}
        />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("pots.move")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

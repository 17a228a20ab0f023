/** What an account is watched for: its balance below or above something, or a large payment. */

import { useSignal } from "@preact/signals";
import { BellRing } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, once, type Account, type Schemas } from "../../lib/api";
import { Field, Select, useForm, useIntent } from "../../lib/form";
import { moneyText, t } from "../../lib/i18n";
import { typedLimit } from "../../lib/money";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Badge, Submit } from "../../ui/basics";
import { Dialog } from "../../ui/dialog";
import { ListCard, Tool } from "../../ui/list-card";
import { Failed, FormFailure } from "../../ui/states";
import { refusalOf, type Refusal } from "../../lib/errors";
import { Thing } from "../../ui/thing";

type Kind = Schemas["MonitorKindEnum"];
type Monitor = Schemas["Monitor"];
const KINDS: readonly Kind[] = ["low", "high", "large_debit"];

export function Alerts({ account }: { account: Account }): VNode {
  const isOpen = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const path = { account_id: account.id };
  const known = useResource(`alerts:${account.id}`, async () => {
    return (await get(api.GET("/api/accounts/{account_id}/monitors", { params: { path } }))).items;
  });
  const remove = async (one: Monitor) => {
    failure.value = null;
    try {
      const params = { path: { ...path, monitor_id: one.id } };
      await get(api.DELETE("/api/accounts/{account_id}/monitors/{monitor_id}", { params }));
      stale("alerts");
      toast(t("alerts.removed"));
    } catch (error) {
      failure.value = refusalOf(error);
    }
  };
  return (
    <ListCard
      id="alerts"
      title={t("alerts.title")}
      add={{ text: t("alerts.add"), run: () => (isOpen.value = true) }}
      of={known}
      none={t("alerts.none")}
      why={t("alerts.none_why")}
      before={failure.value && <Failed refusal={failure.value} retry={() => (failure.value = null)} />}
      line={(one) => {
        const name = t(`alerts.is.${one.kind}`, { amount: moneyText(one.amount) });
        return (
          <Thing
            key={one.id}
            icon={<BellRing />}
            name={<span class="amount">{name}</span>}
            badge={one.is_crossed && <Badge tone="warn">{t("alerts.crossed")}</Badge>}
            tools={
              <Tool text={t("action.remove")} says={t("alerts.remove_one", { name })} run={() => void remove(one)} />
            }
          />
        );
      }}
    >
      {isOpen.value && <NewAlert account={account} close={() => (isOpen.value = false)} />}
    </ListCard>
  );
}

function NewAlert({ account, close }: { account: Account; close: () => void }): VNode {
  const intent = useIntent();
  const { currency } = account;
  const form = useForm({
    initial: { kind: "low", amount: "" },
    check: ({ amount }) => ({ amount: typedLimit(amount, currency) ? undefined : t("transfer.wrong_amount") }),
    send: async ({ kind, amount }) => {
      const body = { kind: kind as Kind, amount: { amount: typedLimit(amount, currency)!, currency } };
      const path = { account_id: account.id };
      const ask = (key: string) =>
        api.POST("/api/accounts/{account_id}/monitors", { params: { path, header: { "Idempotency-Key": key } }, body });
      await once(ask, intent.key(body));
      intent.done();
      stale("alerts");
      toast(t("alerts.added"));
      close();
    },
  });
  return (
    <Dialog title={t("alerts.add")} close={close}>
      <p class="lead">{t("alerts.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Select form={form} name="kind" label={t("alerts.when")}>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {t(`alerts.${one}`)}
            </option>
          ))}
        </Select>
        <Field form={form} name="amount" label={t("transfer.amount", { currency })} inputMode="decimal" maxLength={24} />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("alerts.add")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

/** With whom an account is shared: joint holders, and those who look or pay in the owner's place. */

import { useSignal } from "@preact/signals";
import { UserPlus, UserRound } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, once, type Account, type Schemas } from "../../lib/api";
import { Field, Select, useForm, useIntent } from "../../lib/form";
import { date, moneyText, t } from "../../lib/i18n";
import { fromMinor, typedAmount } from "../../lib/money";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Badge, Submit } from "../../ui/basics";
import { Dialog } from "../../ui/dialog";
import { EndTool, ListCard, type End } from "../../ui/list-card";
import { Secret } from "../../ui/secret";
import { FormFailure } from "../../ui/states";
import { Thing } from "../../ui/thing";

type Member = Schemas["Member"];
type Invited = Schemas["Invited"];

export function People({ account }: { account: Account }): VNode {
  const inviting = useSignal(false);
  const invited = useSignal<Invited | null>(null);
  const path = { account_id: account.id };
  const known = useResource(`people:${account.id}`, async () => {
    const { items } = await get(api.GET("/api/accounts/{account_id}/members", { params: { path } }));
    return items.filter((one) => one.state !== "removed" && one.state !== "declined");
  });
  const remove = async (one: Member) => {
    const params = { path: { ...path, member_id: one.id } };
    await get(api.DELETE("/api/accounts/{account_id}/members/{member_id}", { params }));
    stale("people");
    toast(t("people.removed"));
  };
  const rights = (one: Member): string => {
    if (one.role === "joint") return t("people.joint_more");
    if (!one.may_pay) return t("people.sees");
    return t("people.pays", { amount: moneyText(fromMinor(BigInt(one.pay_per_day_minor ?? 0), account.currency)) });
  };
  const end: End<Member> = {
    verb: t("action.remove"),
    title: ({ email }) => t("people.remove_one", { email }),
    why: () => t("people.remove_why"),
    run: remove,
  };
  return (
    <ListCard
      id="people"
      title={t("people.title")}
      add={{ text: t("people.invite"), icon: UserPlus, run: () => (inviting.value = true) }}
      of={known}
      none={t("people.none")}
      why={t("people.none_why")}
      end={end}
      line={(one, ask) => (
        <Thing
          key={one.id}
          icon={<UserRound />}
          name={<bdi>{one.email}</bdi>}
          badge={one.state !== "active" && <Badge tone="warn">{t(`people.is.${one.state}`)}</Badge>}
          more={[rights(one), one.state === "invited" && t("people.until", { day: date(one.expires_at, "dayYear") })]
            .filter(Boolean)
            .join(" · ")}
          tools={<EndTool end={end} one={one} ask={ask} />}
        />
      )}
    >
      {inviting.value && (
        <Invite
          account={account}
          close={() => (inviting.value = false)}
          done={(made) => {
            inviting.value = false;
            invited.value = made;
          }}
        />
      )}
      {invited.value && <Code invited={invited.value} close={() => (invited.value = null)} />}
    </ListCard>
  );
}

function Invite({
  account,
  close,
  done,
}: {
  account: Account;
  close: () => void;
  done: (made: Invited) => void;
}): VNode {
  const intent = useIntent();
  const { currency } = account;
  const form = useForm({
    initial: { email: "", rights: "sees", pay_per_day: "" },
    names: { role: "rights" },
    check: ({ email, rights, pay_per_day }) => ({
      email: /^\S+@\S+$/.test(email.trim()) ? undefined : t("register.bad_email"),
      pay_per_day: rights === "pays" && !typedAmount(pay_per_day, currency) ? t("transfer.wrong_amount") : undefined,
    }),
    send: async ({ email, rights, pay_per_day }) => {
      const amount = rights === "pays" ? typedAmount(pay_per_day, currency) : null;
      const body = {
        email: email.trim(),
        role: rights === "joint" ? ("joint" as const) : ("delegate" as const),
        pay_per_day: amount ? { amount, currency } : null,
      };
      const path = { account_id: account.id };
      const ask = (key: string) =>
        api.POST("/api/accounts/{account_id}/members", { params: { path, header: { "Idempotency-Key": key } }, body });
      const made = await once(ask, intent.key(body));
      intent.done();
      stale("people");
      done(made);
    },
  });
  return (
    <Dialog title={t("people.invite")} close={close}>
      <p class="lead">{t("people.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field form={form} name="email" label={t("field.email")} type="email" maxLength={254} spellcheck={false} />
        <Select form={form} name="rights" label={t("people.rights")}>
          <option value="sees">{t("people.may_see")}</option>
          <option value="pays">{t("people.may_pay")}</option>
          <option value="joint">{t("people.joint")}</option>
        </Select>
        {form.values.value.rights === "pays" && (
          <Field
            form={form}
            name="pay_per_day"
            label={t("people.per_day", { currency })}
            inputMode="decimal"
            maxLength={24}
          />
        )}
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{t("people.invite")}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

/** The code that opens the account to the invited; the bank keeps it as a hash and says it once. */
function Code({ invited, close }: { invited: Invited; close: () => void }): VNode {
  return (
    <Secret title={t("people.invited")} secret={invited.code} close={close}>
      {t(invited.code ? "people.code_why" : "people.code_gone", { email: invited.email })}
    </Secret>
  );
}

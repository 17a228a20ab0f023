/** With whom an account is shared: joint holders, and those who look or pay in the owner's place. */

import { useSignal } from "@preact/signals";
import { Copy, UserPlus, UserRound } from "lucide-preact";
import type { VNode } from "preact";

import { api, get, once, type Account, type Schemas } from "../../lib/api";
import { Field, Select, useForm, useIntent } from "../../lib/form";
import { date, moneyText, t } from "../../lib/i18n";
import { fromMinor, typedAmount } from "../../lib/money";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Badge, Card, Submit } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Empty, FormFailure, Loaded, Skeleton } from "../../ui/states";
import { Thing } from "../../ui/thing";

type Member = Schemas["Member"];
type Invited = Schemas["Invited"];

export function People({ account }: { account: Account }): VNode {
  const inviting = useSignal(false);
  const leaving = useSignal<Member | null>(null);
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
  return (
    <Card
      id="people"
      title={t("people.title")}
      aside={
        <button type="button" class="button small" onClick={() => (inviting.value = true)}>
          <UserPlus aria-hidden="true" />
          {t("people.invite")}
        </button>
      }
    >
      <Loaded of={known} skeleton={<Skeleton rows={1} />}>
        {(items) =>
          items.length ? (
            <ul class="things">
              {items.map((one) => (
                <Thing
                  key={one.id}
                  icon={<UserRound />}
                  name={<bdi>{one.email}</bdi>}
                  badge={one.state !== "active" && <Badge tone="warn">{t(`people.is.${one.state}`)}</Badge>}
                  more={[
                    rights(one),
                    one.state === "invited" && t("people.until", { day: date(one.expires_at, "dayYear") }),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                  tools={
                    <button
                      type="button"
                      class="button small"
                      aria-label={t("people.remove_one", { email: one.email })}
                      onClick={() => (leaving.value = one)}
                    >
                      {t("action.remove")}
                    </button>
                  }
                />
              ))}
            </ul>
          ) : (
            <Empty title={t("people.none")}>{t("people.none_why")}</Empty>
          )
        }
      </Loaded>
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
      {leaving.value && (
        <Confirm
          title={t("people.remove_one", { email: leaving.value.email })}
          text={t("people.remove_why")}
          verb={t("action.remove")}
          run={() => remove(leaving.value!)}
          close={() => (leaving.value = null)}
        />
      )}
    </Card>
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
  const copy = async () => {
    await navigator.clipboard.writeText(invited.code).then(
      () => toast(t("action.copied")),
      () => toast(t("account.not_copied"), { kind: "failed" }),
    );
  };
  return (
    <Dialog title={t("people.invited")} close={close}>
      <div class="stack">
        <p>{t(invited.code ? "people.code_why" : "people.code_gone", { email: invited.email })}</p>
        {invited.code && (
          <p class="secret">
            <code>{invited.code}</code>
          </p>
        )}
        <div class="actions">
          {invited.code && (
            <button type="button" class="button" onClick={() => void copy()}>
              <Copy aria-hidden="true" />
              {t("action.copy")}
            </button>
          )}
          <button type="button" class="button primary" onClick={close}>
            {t("codes.done")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

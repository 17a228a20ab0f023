/** Freezing, thawing, waking, closing and opening again, each asked about once more. */

import type { VNode } from "preact";

import { api, get, type Account } from "../../lib/api";
import { accountName, ending } from "../../lib/bank";
import { Select, useForm } from "../../lib/form";
import { moneyText, t } from "../../lib/i18n";
import { isNegative, isZero } from "../../lib/money";
import { stale } from "../../lib/resource";
import { go } from "../../lib/router";
import { toast } from "../../lib/say";
import { Submit } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { FormFailure } from "../../ui/states";

export type Change = "freeze" | "unfreeze" | "reactivate" | "reopen" | "close";

const PATHS = {
  freeze: "/api/accounts/{account_id}/freeze",
  unfreeze: "/api/accounts/{account_id}/unfreeze",
  reactivate: "/api/accounts/{account_id}/reactivate",
  reopen: "/api/accounts/{account_id}/reopen",
} as const;

/** A holder opens again within thirty days what they have closed. */
const REOPENED_WITHIN_MS = 30 * 86_400_000;
export const mayReopen = (account: Account): boolean =>
  account.closed_at !== null && Date.now() - Date.parse(account.closed_at) < REOPENED_WITHIN_MS;

export function StandingChange({
  account,
  all,
  change,
  close,
}: {
  account: Account;
  all: Account[];
  change: Change;
  close: () => void;
}): VNode {
  if (change === "close") return <Closing account={account} all={all} close={close} />;
  const run = async () => {
    await get(api.POST(PATHS[change], { params: { path: { account_id: account.id } } }));
    stale("accounts");
    toast(t(`account.${change}_done`));
  };
  return (
    <Confirm
      title={t(`account.${change}_title`)}
      text={t(`account.${change}_why`)}
      verb={t(`account.${change}`)}
      run={run}
      close={close}
    />
  );
}

/** What is on the account goes to another own one in the same step, or there is nothing on it. */
function Closing({ account, all, close }: { account: Account; all: Account[]; close: () => void }): VNode {
  const { booked } = account.balance;
  const others = all.filter(
    (one) =>
      one.id !== account.id &&
      one.currency === account.currency &&
      one.status === "active" &&
      one.role === "owner" &&
      one.product !== "external",
  );
  const isEmpty = isZero(booked);
  const mayClose = isEmpty || (others.length > 0 && !isNegative(booked));
  const form = useForm({
    initial: { transfer_to: others[0]?.id ?? "" },
    send: async ({ transfer_to }) => {
      const body = isEmpty ? {} : { transfer_to };
      await get(api.POST("/api/accounts/{account_id}/close", { params: { path: { account_id: account.id } }, body }));
      stale("accounts", "latest", "found", "history", "sums");
      toast(t("account.close_done"));
      close();
      go("/");
    },
  });
  return (
    <Dialog title={t("account.close_title")} close={close}>
      <p class="lead">{t(mayClose ? "account.close_why" : "account.close_not")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        {!isEmpty && mayClose && (
          <Select form={form} name="transfer_to" label={t("account.close_into", { amount: moneyText(booked) })}>
            {others.map((one) => (
              <option key={one.id} value={one.id}>
                {accountName(one, t(`product.${one.product}`))} ·· {ending(one.iban)}
              </option>
            ))}
          </Select>
        )}
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          {mayClose && <Submit busy={form.busy.value}>{t("account.close")}</Submit>}
        </div>
      </form>
    </Dialog>
  );
}

/** The name by which others pay into an account: chosen, copied, changed and given up. */

import { useSignal } from "@preact/signals";
import { AtSign } from "lucide-preact";
import type { VNode } from "preact";

import { isName } from "../../lib/alias";
import { api, get, type Account, type Schemas } from "../../lib/api";
import { refusalOf } from "../../lib/errors";
import { Field, useForm } from "../../lib/form";
import { date, t } from "../../lib/i18n";
import { stale, useResource } from "../../lib/resource";
import { toast } from "../../lib/say";
import { Card, Submit } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Tool } from "../../ui/list-card";
import { Empty, FormFailure, Loaded, Skeleton } from "../../ui/states";
import { Thing } from "../../ui/thing";
import { complaint } from "../transfer/plan";

type Known = Schemas["Alias"] | null;

/** Refusals that are about what was typed. */
const OF_THE_NAME = new Set(["alias_taken", "alias_reserved", "invalid_alias"]);

export function AliasCard({ account }: { account: Account }): VNode {
  const asking = useSignal<"" | "choose" | "release">("");
  const params = { path: { account_id: account.id } };
  const known = useResource<{ alias: Known }>(`alias:${account.id}`, async () => {
    try {
      return { alias: await get(api.GET("/api/accounts/{account_id}/alias", { params })) };
    } catch (error) {
      if (refusalOf(error).code === "alias_not_found") return { alias: null };
      throw error;
    }
  });
  const close = () => (asking.value = "");
  const release = async () => {
    await get(api.DELETE("/api/accounts/{account_id}/alias", { params }));
    stale("alias");
    toast(t("alias.released"));
  };
  const copy = (alias: string) =>
    navigator.clipboard.writeText(alias).then(
      () => toast(t("action.copied")),
      () => toast(t("account.not_copied"), { kind: "failed" }),
    );
  return (
    <Card id="alias" title={t("alias.title")}>
      <Loaded of={known} skeleton={<Skeleton rows={1} />}>
        {({ alias }) =>
          alias ? (
            <ul class="things">
              <Thing
                icon={<AtSign />}
                name={<bdi>{alias.alias}</bdi>}
                more={t("alias.since", { day: date(alias.claimed_at, "dayYear") })}
                tools={
                  <>
                    <Tool
                      text={t("action.copy")}
                      says={t("alias.copy_one", { alias: alias.alias })}
                      run={() => void copy(alias.alias)}
                    />
                    <Tool
                      text={t("action.change")}
                      says={t("alias.change_one", { alias: alias.alias })}
                      run={() => (asking.value = "choose")}
                    />
                    <Tool
                      text={t("alias.release")}
                      says={t("alias.release_one", { alias: alias.alias })}
                      run={() => (asking.value = "release")}
                    />
                  </>
                }
              />
            </ul>
          ) : (
            <Empty
              title={t("alias.none")}
              action={
                <button type="button" class="button" onClick={() => (asking.value = "choose")}>
                  <AtSign aria-hidden="true" />
                  {t("alias.choose")}
                </button>
              }
            >
              {t("alias.none_why")}
            </Empty>
          )
        }
      </Loaded>
      {asking.value === "choose" && (
        <Choose account={account} former={known.data.value?.alias?.alias ?? ""} close={close} />
      )}
      {asking.value === "release" && (
        <Confirm
          title={t("alias.release_one", { alias: known.data.value?.alias?.alias ?? "" })}
          text={t("alias.release_why")}
          verb={t("alias.release")}
          run={release}
          close={close}
        />
      )}
    </Card>
  );
}

function Choose({ account, former, close }: { account: Account; former: string; close: () => void }): VNode {
  const form = useForm({
    initial: { alias: former },
    check: ({ alias }) => ({ alias: isName(alias.trim()) ? undefined : t("alias.wrong") }),
    send: async ({ alias }) => {
      const params = { path: { account_id: account.id } };
      try {
        const body = { alias: alias.trim() };
        const made = await get(api.PUT("/api/accounts/{account_id}/alias", { params, body }));
        stale("alias");
        toast(t("alias.claimed", { alias: made.alias }));
        close();
      } catch (error) {
        const refusal = refusalOf(error);
        throw OF_THE_NAME.has(refusal.code) ? complaint("alias", refusal.message) : refusal;
      }
    },
  });
  return (
    <Dialog title={t("alias.choose")} close={close}>
      <p class="lead">{t(former ? "alias.why_change" : "alias.why")}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <Field
          form={form}
          name="alias"
          label={t("alias.name")}
          hint={t("alias.hint")}
          autocapitalize="off"
          spellcheck={false}
          maxLength={32}
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

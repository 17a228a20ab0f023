/** An account at another bank that is shown here: how fresh it is, what is the matter, and what to do. */

import { useSignal } from "@preact/signals";
import { Landmark } from "lucide-preact";
import type { VNode } from "preact";

import type { Account } from "../../lib/api";
import { accountName, spacedIban } from "../../lib/bank";
import { refusalOf, type Refusal } from "../../lib/errors";
import { useIntent } from "../../lib/form";
import { date, maybe, moneyText, t } from "../../lib/i18n";
import { agreeAgain, readNow, titleOf, unlink, useBanks, type Link } from "../../lib/linked";
import { toast } from "../../lib/say";
import { Badge } from "../../ui/basics";
import { Confirm } from "../../ui/confirm";
import { Tool } from "../../ui/list-card";
import { FormFailure } from "../../ui/states";
import { Thing } from "../../ui/thing";

export function LinkLine({ account, link }: { account: Account; link: Link }): VNode {
  const banks = useBanks();
  const busy = useSignal(false);
  const leaving = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const intent = useIntent();
  const name = accountName(account, t("product.external"));
  const bank = titleOf(link.bank, banks.data.value);
  const isLinked = link.status === "linked";
  const run = async (what: () => Promise<unknown>) => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      await what();
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      busy.value = false;
    }
  };
  const read = async () => {
    const { problem } = await readNow(link);
    toast(problem ? problemText(problem) : t("linked.is_read"), { kind: problem ? "failed" : "done" });
  };
  return (
    <Thing
      icon={<Landmark />}
      name={<bdi>{name}</bdi>}
      badge={
        link.status !== "linked" ? (
          <Badge tone="bad">{t(`linked.is.${link.status}`)}</Badge>
        ) : (
          link.problem && <Badge tone="warn">{t("linked.problem")}</Badge>
        )
      }
      more={
        <>
          {bank} · <bdi>{spacedIban(link.external_number)}</bdi>
        </>
      }
      tools={
        <>
          {isLinked && (
            <Tool
              text={t(busy.value ? "linked.reading" : "linked.read")}
              says={t("linked.read_one", { name })}
              run={() => void run(read)}
            />
          )}
          {!isLinked && (
            <Tool
              text={t("linked.again")}
              says={t("linked.again_one", { name, bank })}
              run={() => void run(() => agreeAgain(link, intent.key(link.id)))}
            />
          )}
          <Tool text={t("linked.unlink")} says={t("linked.unlink_one", { name })} run={() => (leaving.value = true)} />
        </>
      }
    >
      <span class="row-more">
        {link.synced_at ? t("linked.read_at", { when: date(link.synced_at, "full") }) : t("linked.not_read")}
        {link.bank_balance && ` · ${t("linked.balance", { amount: moneyText(link.bank_balance) })}`}
      </span>
      {link.problem && <span class="row-more">{problemText(link.problem)}</span>}
      <FormFailure refusal={failure.value} />
      {leaving.value && (
        <Confirm
          title={t("linked.unlink_one", { name })}
          text={t("linked.unlink_why")}
          verb={t("linked.unlink")}
          run={async () => {
            await unlink(account.id);
            toast(t("linked.unlinked", { name }));
          }}
          close={() => (leaving.value = false)}
        />
      )}
    </Thing>
  );
}

const problemText = (problem: string): string => maybe(`linked.problem.${problem}`) ?? t("linked.problem.refused");

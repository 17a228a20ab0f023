/** Other banks: what is shown here of accounts there, and the agreements by which it may be. */

import { useSignal } from "@preact/signals";
import { FileUp, Landmark } from "lucide-preact";
import type { VNode } from "preact";

import type { Account } from "../lib/api";
import { spacedIban, useAccounts } from "../lib/bank";
import { useIntent, Select, useForm } from "../lib/form";
import { date, t } from "../lib/i18n";
import {
  agree,
  end,
  isElsewhere,
  leaveFor,
  titleOf,
  useAgreements,
  useBanks,
  useLinks,
  type Agreement,
  type Bank,
  type Link,
  type Offered,
} from "../lib/linked";
import { query } from "../lib/router";
import { toast } from "../lib/say";
import { Badge, Card, Submit } from "../ui/basics";
import { Dialog } from "../ui/dialog";
import { EndTool, ListCard, Tool, type End } from "../ui/list-card";
import { Empty, FormFailure, Loaded, Skeleton } from "../ui/states";
import { Thing } from "../ui/thing";
import { Coming } from "./linked/coming";
import { LinkLine } from "./linked/line";
import { ShowHere } from "./linked/offered";

export default function Linked(): VNode {
  const accounts = useAccounts();
  // The answer of the other bank leaves the address at once, and is given here once.
  const answer = useSignal(query.value.has("state") ? new URLSearchParams(query.value) : null);
  return (
    <div class="screen">
      <div class="screen-head">
        <h1>{t("place.linked")}</h1>
      </div>
      <Loaded of={accounts} skeleton={<Skeleton rows={6} />}>
        {(all) => {
          const elsewhere = all.filter(isElsewhere);
          if (answer.value) return <Coming answer={answer.value} accounts={elsewhere} done={() => (answer.value = null)} />;
          return <Shown accounts={elsewhere} />;
        }}
      </Loaded>
    </div>
  );
}

function Shown({ accounts }: { accounts: Account[] }): VNode {
  const links = useLinks(accounts);
  const isAsking = useSignal(false);
  const add = { text: t("linked.add"), run: () => (isAsking.value = true) };
  return (
    <div class="columns">
      <Card title={t("linked.accounts")} id="linked-accounts">
        <Loaded of={links} skeleton={<Skeleton rows={2} />}>
          {(known) => {
            const shown = accounts.filter(({ id }) => known.has(id));
            return shown.length ? (
              <ul class="things">
                {shown.map((one) => (
                  <LinkLine key={one.id} account={one} link={known.get(one.id)!} />
                ))}
              </ul>
            ) : (
              <Empty
                title={t("linked.none")}
                action={
                  <a class="button" href="/import">
                    <FileUp aria-hidden="true" />
                    {t("linked.by_file")}
                  </a>
                }
              >
                {t("linked.none_why")}
              </Empty>
            );
          }}
        </Loaded>
      </Card>
      <Agreements accounts={accounts} links={links.data.value} add={add} />
      {isAsking.value && <Ask close={() => (isAsking.value = false)} />}
    </div>
  );
}

function Agreements({
  accounts,
  links,
  add,
}: {
  accounts: Account[];
  links: ReadonlyMap<string, Link> | undefined;
  add: { text: string; run: () => void };
}): VNode {
  const known = useAgreements();
  const banks = useBanks();
  const showing = useSignal<{ agreement: Agreement; offered: Offered } | null>(null);
  const nameOf = ({ bank }: Agreement) => titleOf(bank, banks.data.value);
  const ending: End<Agreement> = {
    verb: t("linked.end"),
    title: (one) => t("linked.end_one", { bank: nameOf(one) }),
    why: () => t("linked.end_why"),
    run: async (one) => {
      await end(one);
      toast(t("linked.ended", { bank: nameOf(one) }));
    },
  };
  const all = [...(links?.values() ?? [])];
  const isLinked = (one: Agreement, offered: Offered) =>
    all.some(({ bank, external_number }) => bank === one.bank && external_number === offered.number);
  return (
    <ListCard
      id="agreements"
      title={t("linked.agreements")}
      add={add}
      of={known}
      rows={2}
      none={t("linked.no_agreement")}
      why={t("linked.no_agreement_why")}
      end={ending}
      line={(one, ask) => (
        <Thing
          key={one.id}
          icon={<Landmark />}
          name={nameOf(one)}
          badge={one.status !== "authorised" && <Badge tone="warn">{t(one.status === "expired" ? "linked.agreement.expired" : "linked.agreement.awaiting_authorisation")}</Badge>}
          more={
            one.status === "authorised"
              ? t("linked.until", { day: date(one.expires_at, "dayYear") })
              : t("linked.asked", { day: date(one.created_at, "dayYear") })
          }
          tools={
            <>
              {one.status === "awaiting_authorisation" && (
                <Tool
                  text={t("linked.go_on")}
                  says={t("linked.go_on_one", { bank: nameOf(one) })}
                  run={() => leaveFor(one)}
                />
              )}
              <EndTool end={ending} one={one} ask={ask} />
            </>
          }
        >
          {one.status === "authorised" && (
            <OfferedList
              offered={one.accounts}
              isLinked={(offered) => isLinked(one, offered)}
              show={(offered) => (showing.value = { agreement: one, offered })}
            />
          )}
        </Thing>
      )}
    >
      {showing.value && (
        <ShowHere
          {...showing.value}
          free={accounts.filter(({ id }) => !links?.has(id))}
          close={() => (showing.value = null)}
        />
      )}
    </ListCard>
  );
}

function OfferedList({
  offered,
  isLinked,
  show,
}: {
  offered: Offered[];
  isLinked: (one: Offered) => boolean;
  show: (one: Offered) => void;
}): VNode {
  return (
    <ul class="offered">
      {offered.map((one) => (
        <li key={one.external_account_id}>
          <span>
            <bdi>{one.name || t("product.external")}</bdi> · {one.currency}
            <span class="row-more">
              <bdi>{spacedIban(one.number)}</bdi>
            </span>
          </span>
          {isLinked(one) ? (
            <Badge tone="good">{t("linked.is_shown")}</Badge>
          ) : (
            <Tool text={t("linked.show")} says={t("linked.show_one", { name: one.name, currency: one.currency })} run={() => show(one)} />
          )}
        </li>
      ))}
    </ul>
  );
}

/** Which bank to agree with; the agreement itself is given there. */
function Ask({ close }: { close: () => void }): VNode {
  const banks = useBanks();
  return (
    <Dialog title={t("linked.add")} close={close}>
      <p class="lead">{t("linked.why")}</p>
      <Loaded of={banks} skeleton={<Skeleton rows={2} />}>
        {(all) =>
          all.length ? (
            <AskForm banks={all} close={close} />
          ) : (
            <Empty
              title={t("linked.no_banks")}
              action={
                <a class="button" href="/import">
                  <FileUp aria-hidden="true" />
                  {t("linked.by_file")}
                </a>
              }
            >
              {t("linked.no_banks_why")}
            </Empty>
          )
        }
      </Loaded>
    </Dialog>
  );
}

function AskForm({ banks, close }: { banks: Bank[]; close: () => void }): VNode {
  const intent = useIntent();
  const form = useForm({
    initial: { bank: banks[0]!.name },
    send: ({ bank }) => agree(bank, intent.key({ bank })),
  });
  return (
    <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
      <FormFailure refusal={form.failure.value} />
      <Select form={form} name="bank" label={t("linked.bank")}>
        {banks.map((one) => (
          <option key={one.name} value={one.name}>
            {one.title}
          </option>
        ))}
      </Select>
      <div class="actions">
        <button type="button" class="button" onClick={close}>
          {t("action.cancel")}
        </button>
        <Submit busy={form.busy.value}>{t("linked.go")}</Submit>
      </div>
    </form>
  );
}

/** Payments that have not moved: what the bank looks at, what is set aside, and what was not made. */

import type { LucideIcon } from "lucide-preact";
import { CircleX, Clock, Hourglass } from "lucide-preact";
import type { VNode } from "preact";

import type { Account } from "../lib/api";
import { useAccounts } from "../lib/bank";
import { date, t, type Key } from "../lib/i18n";
import { asMoney } from "../lib/money";
import { payeeOf, sourceOf, usePendings, type Pending, type State } from "../lib/pendings";
import { query, refine } from "../lib/router";
import { Amount, Card } from "../ui/basics";
import { Tool } from "../ui/list-card";
import { More } from "../ui/more";
import { Empty, Loaded, Skeleton } from "../ui/states";
import { Thing } from "../ui/thing";
import { PendingDrawer } from "./pending/drawer";

const ICONS = { under_review: Hourglass, pending: Clock, rejected: CircleX } satisfies Partial<Record<State, LucideIcon>>;
type Shown = keyof typeof ICONS;

export default function PendingScreen(): VNode {
  const accounts = useAccounts();
  const opened = query.value.get("open");
  return (
    <div class="screen narrow">
      <div class="screen-head">
        <h1>{t("place.pending")}</h1>
      </div>
      <Loaded of={accounts} skeleton={<Skeleton rows={6} />}>
        {(own) => (
          <>
            <Listed state="under_review" accounts={own} />
            <Listed state="pending" accounts={own} />
            <Listed state="rejected" accounts={own} />
            {opened && <PendingDrawer key={opened} id={opened} accounts={own} close={() => refine({ open: null })} />}
          </>
        )}
      </Loaded>
    </div>
  );
}

function Listed({ state, accounts }: { state: Shown; accounts: Account[] }): VNode {
  const found = usePendings(state);
  return (
    <Card id={`pending-${state}`} title={t(`pending.of.${state}`)}>
      <Loaded of={found.pages} skeleton={<Skeleton rows={2} />}>
        {({ items }) =>
          items.length ? (
            <>
              <p class="hint">{t(`pending.of.${state}_why`)}</p>
              <ul class="things">
                {items.map((one) => (
                  <Row key={one.id} one={one} state={state} accounts={accounts} />
                ))}
              </ul>
              <More of={found} />
            </>
          ) : (
            <Empty title={t(`pending.no.${state}`)}>{t(`pending.no.${state}_why` as Key)}</Empty>
          )
        }
      </Loaded>
    </Card>
  );
}

function Row({ one, state, accounts }: { one: Pending; state: Shown; accounts: Account[] }): VNode {
  const Icon = ICONS[state];
  const name = payeeOf(one, accounts);
  const day = date(one.closed_at ?? one.placed_at, "dayYear");
  return (
    <Thing
      icon={<Icon />}
      name={<bdi>{name}</bdi>}
      more={[sourceOf(one, accounts), t(state === "rejected" ? "pending.closed" : "pending.since", { day })].join(" · ")}
      tools={
        <>
          <Amount money={asMoney(one.amount)} />
          <Tool
            text={t("pending.look")}
            says={t("pending.look_one", { name })}
            run={() => refine({ open: one.id }, { quiet: true, replace: false })}
          />
        </>
      }
    />
  );
}

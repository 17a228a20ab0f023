/** Payments that the bank looks at first, on the overview as long as there are any. */

import { Hourglass } from "lucide-preact";
import type { VNode } from "preact";

import { useAccounts } from "../lib/bank";
import { date, t } from "../lib/i18n";
import { asMoney } from "../lib/money";
import { payeeOf, usePendings } from "../lib/pendings";
import { Amount, Card } from "./basics";
import { Thing } from "./thing";

const MOST = 3;

export function Waiting(): VNode | null {
  const accounts = useAccounts().data.value ?? [];
  const items = usePendings("under_review").pages.data.value?.items ?? [];
  if (!items.length) return null;
  return (
    <Card
      id="waiting"
      title={t("pending.of.under_review")}
      aside={
        <a class="link" href="/pending">
          {t("pending.what_next")}
        </a>
      }
    >
      <ul class="things">
        {items.slice(0, MOST).map((one) => (
          <Thing
            key={one.id}
            icon={<Hourglass />}
            name={<bdi>{payeeOf(one, accounts)}</bdi>}
            more={t("pending.since", { day: date(one.placed_at, "dayYear") })}
            tools={<Amount money={asMoney(one.amount)} />}
          />
        ))}
      </ul>
    </Card>
  );
}

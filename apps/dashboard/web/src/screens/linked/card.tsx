/** On an account at another bank: where what is shown of it comes from. */

import type { VNode } from "preact";

import type { Account } from "../../lib/api";
import { t } from "../../lib/i18n";
import { useLinks } from "../../lib/linked";
import { Card } from "../../ui/basics";
import { Empty, Loaded, Skeleton } from "../../ui/states";
import { LinkLine } from "./line";

export function LinkCard({ account }: { account: Account }): VNode {
  const links = useLinks([account]);
  return (
    <Card id="link" title={t("linked.source")}>
      <Loaded of={links} skeleton={<Skeleton rows={1} />}>
        {(known) => {
          const link = known.get(account.id);
          return link ? (
            <ul class="things">
              <LinkLine account={account} link={link} />
            </ul>
          ) : (
            <Empty
              title={t("linked.by_hand")}
              action={
                <a class="button" href="/linked">
                  {t("place.linked")}
                </a>
              }
            >
              {t("linked.by_hand_why")}
            </Empty>
          );
        }}
      </Loaded>
    </Card>
  );
}

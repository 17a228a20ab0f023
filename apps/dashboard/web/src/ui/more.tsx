/** The end of a list that has more pages: a button for the next, or why it did not come. */

import type { VNode } from "preact";

import { t } from "../lib/i18n";
import type { Pages } from "../lib/pages";
import { Spinner } from "./basics";
import { Failed } from "./states";

export function More<T>({ of }: { of: Pages<T> }): VNode | null {
  if (of.failure) return <Failed refusal={of.failure} retry={() => void of.more()} />;
  if (!of.pages.data.value?.next_cursor) return null;
  return (
    <div class="more">
      <button type="button" class="button" aria-disabled={of.isMore} onClick={() => void of.more()}>
        {of.isMore && <Spinner />}
        {t("transactions.more")}
      </button>
    </div>
  );
}

/** Taking away what a search has found, as a file. */

import { useSignal } from "@preact/signals";
import { Download } from "lucide-preact";
import type { VNode } from "preact";

import { api, get } from "../lib/api";
import { download } from "../lib/download";
import { refusalOf, type Refusal } from "../lib/errors";
import type { Query } from "../lib/found";
import { t } from "../lib/i18n";
import { isoDay } from "../lib/history";
import { Spinner } from "./basics";
import { Dialog } from "./dialog";
import { FormFailure } from "./states";

const FORMATS = ["csv", "pdf", "ofx", "json"] as const;
type Format = (typeof FORMATS)[number];

export function Export({ query, close }: { query: Query; close: () => void }): VNode {
  const format = useSignal<Format>("csv");
  const busy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const save = async () => {
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      const { sort: _, ...filters } = query;
      const params = { query: { ...filters, format: format.value } };
      const file = await get(api.GET("/api/transactions/export", { params, parseAs: "blob" }));
      download(file, `transactions-${isoDay(Date.now())}.${format.value}`);
      close();
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Dialog title={t("export.title")} close={close}>
      <div class="stack">
        <FormFailure refusal={failure.value} />
        <p class="hint">{t("export.what")}</p>
        <fieldset class="choices">
          <legend>{t("export.format")}</legend>
          {FORMATS.map((one) => (
            <label class="check" key={one}>
              <input
                type="radio"
                name="format"
                checked={format.value === one}
                onChange={() => (format.value = one)}
              />
              {t(`export.${one}`)}
            </label>
          ))}
        </fieldset>
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <button type="button" class="button primary" aria-disabled={busy.value} onClick={() => void save()}>
            {busy.value ? <Spinner /> : <Download aria-hidden="true" />}
            {t("export.save")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

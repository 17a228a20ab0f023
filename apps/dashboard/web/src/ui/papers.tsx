/** Papers on a transaction: receipts and invoices, for its owner's eyes only. */

import { useSignal } from "@preact/signals";
import { Download, Paperclip, Trash2 } from "lucide-preact";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";

import { api, get, type Schemas } from "../lib/api";
import { download } from "../lib/download";
import { Refusal, refusalOf } from "../lib/errors";
import { number, t } from "../lib/i18n";
import { stale, useResource } from "../lib/resource";
import { toast } from "../lib/say";
import { Spinner } from "./basics";
import { Loaded, Skeleton } from "./states";

const ACCEPTED = ".pdf,.png,.jpg,.jpeg,.gif,.webp,.txt";
const LARGEST = 5 * 1024 * 1024;

export function Papers({ id }: { id: string }): VNode {
  const params = { path: { posting_id: id } };
  const papers = useResource(`papers:${id}`, async () => {
    const { items } = await get(api.GET("/api/transactions/{posting_id}/attachments", { params }));
    return items;
  });
  const busy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const attach = async (file: File | undefined) => {
    if (!file || busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      if (file.size > LARGEST) throw new Refusal({ code: "paper_too_large" });
      const form = new FormData();
      form.append("file", file);
      const body = { file: file.name };
      await get(api.POST("/api/transactions/{posting_id}/attachments", { params, body, bodySerializer: () => form }));
      stale(`papers:${id}`);
      toast(t("papers.attached", { name: file.name }));
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      busy.value = false;
      if (input.current) input.current.value = "";
    }
  };
  return (
    <div class="stack">
      <Loaded of={papers} skeleton={<Skeleton rows={1} />}>
        {(items) =>
          items.length ? (
            <ul class="papers">
              {items.map((one) => (
                <Paper key={one.id} posting={id} one={one} />
              ))}
            </ul>
          ) : (
            <p class="hint">{t("papers.none")}</p>
          )
        }
      </Loaded>
      <input
        ref={input}
        id={`paper-${id}`}
        class="hidden"
        type="file"
        accept={ACCEPTED}
        tabIndex={-1}
        aria-label={t("papers.attach")}
        onChange={(event) => void attach(event.currentTarget.files?.[0])}
      />
      <button type="button" class="button" aria-disabled={busy.value} onClick={() => input.current?.click()}>
        {busy.value ? <Spinner /> : <Paperclip aria-hidden="true" />}
        {t("papers.attach")}
      </button>
      {failure.value && (
        <p class="field-error" role="alert">
          {failure.value.message}
        </p>
      )}
    </div>
  );
}

function Paper({ posting, one }: { posting: string; one: Schemas["Attachment"] }): VNode {
  const params = { path: { posting_id: posting, attachment_id: one.id } };
  const fail = (error: unknown) => toast(refusalOf(error).message, { kind: "failed" });
  const save = async () => {
    try {
      const path = "/api/transactions/{posting_id}/attachments/{attachment_id}";
      download(await get(api.GET(path, { params, parseAs: "blob" })), one.filename);
    } catch (error) {
      fail(error);
    }
  };
  const remove = async () => {
    try {
      await get(api.DELETE("/api/transactions/{posting_id}/attachments/{attachment_id}", { params }));
      stale(`papers:${posting}`);
      toast(t("papers.removed", { name: one.filename }));
    } catch (error) {
      fail(error);
    }
  };
  return (
    <li class="paper">
      <span class="row-name">{one.filename}</span>
      <span class="row-more">{t("papers.size", { size: number(Math.max(1, Math.round(one.size_bytes / 1024))) })}</span>
      <button
        type="button"
        class="icon-button quiet"
        aria-label={t("papers.save", { name: one.filename })}
        onClick={() => void save()}
      >
        <Download aria-hidden="true" />
      </button>
      <button
        type="button"
        class="icon-button quiet"
        aria-label={t("papers.remove", { name: one.filename })}
        onClick={() => void remove()}
      >
        <Trash2 aria-hidden="true" />
      </button>
    </li>
  );
}

/** Choosing an account and a file, and sending it; what cannot be read is said beside the file. */

import { useSignal } from "@preact/signals";
import { FileUp } from "lucide-preact";
import type { VNode } from "preact";
import { useId, useRef } from "preact/hooks";

import { api, get, type Account } from "../../lib/api";
import { accountName } from "../../lib/bank";
import { Select, useForm, type Form } from "../../lib/form";
import { percent, t } from "../../lib/i18n";
import type { Import } from "../../lib/imports";
import { stale } from "../../lib/resource";
import { go, query } from "../../lib/router";
import { upload } from "../../lib/upload";
import { Submit } from "../../ui/basics";
import { FormFailure } from "../../ui/states";

const ACCEPTED = ".csv,.txt,.tsv,.ofx,.qfx,.qif,.sta,.mt940,.940,.xml";
const LARGEST = 10 * 1024 * 1024;

type Values = { account_id: string; file: string };

export function Upload({ accounts }: { accounts: Account[] }): VNode {
  const file = useSignal<File | null>(null);
  const sent = useSignal<number | null>(null);
  const asked = query.value.get("account");
  const first = accounts.find((one) => one.id === asked) ?? accounts[0]!;
  const form: Form<Values> = useForm<Values>({
    initial: { account_id: first.id, file: "" },
    check: () => ({ file: wrongFile(file.value) }),
    send: async ({ account_id }) => {
      const body = new FormData();
      body.append("account_id", account_id);
      body.append("file", file.value!);
      sent.value = 0;
      try {
        const made = await upload<Import>("/api/transactions/imports", body, (share) => (sent.value = share));
        if (made.state === "failed") return await unreadable(made);
        go(`/import?id=${made.id}`);
      } finally {
        sent.value = null;
        stale("imports");
      }
    },
  });
  const unreadable = async (made: Import) => {
    form.complain({ file: t("import.unreadable", { why: made.problem }) });
    // Nothing can be made of it, so it need not wait among those to go on with.
    const params = { path: { import_id: made.id } };
    await get(api.POST("/api/transactions/imports/{import_id}/cancel", { params })).catch(() => undefined);
  };
  const choose = (chosen: File | undefined) => {
    if (!chosen || form.busy.value) return;
    file.value = chosen;
    form.set("file", chosen.name);
  };
  return (
    <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
      <FormFailure refusal={form.failure.value} />
      <Select form={form} name="account_id" label={t("import.account")}>
        {accounts.map((one) => (
          <option key={one.id} value={one.id}>
            {accountName(one, t("product.external"))} · {one.currency}
          </option>
        ))}
      </Select>
      <FileField form={form} choose={choose} />
      {sent.value !== null && (
        <div class="stack">
          <progress max={1} value={sent.value} aria-label={t("import.sending")} />
          <p class="hint">{sent.value < 1 ? t("import.sent", { share: percent(sent.value) }) : t("import.reading")}</p>
        </div>
      )}
      <div class="actions">
        <Submit busy={form.busy.value}>{t("import.look")}</Submit>
      </div>
    </form>
  );
}

function wrongFile(file: File | null): string | undefined {
  if (!file) return t("import.missing_file");
  if (!file.size) return t("import.empty_file");
  return file.size > LARGEST ? t("import.too_large") : undefined;
}

/** A button and a place to drop a file on; the browser's own field stays out of sight. */
function FileField({ form, choose }: { form: Form<Values>; choose: (file: File | undefined) => void }): VNode {
  const input = useRef<HTMLInputElement>(null);
  const isOver = useSignal(false);
  const id = useId();
  const error = form.errors.value.file;
  const name = form.values.value.file;
  return (
    <div
      class={isOver.value ? "field drop over" : "field drop"}
      onDragOver={(event) => {
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        choose(event.dataTransfer?.files[0]);
      }}
    >
      <input
        ref={input}
        hidden
        type="file"
        accept={ACCEPTED}
        onChange={(event) => {
          choose(event.currentTarget.files?.[0]);
          // The same file, once mended, may be chosen again.
          event.currentTarget.value = "";
        }}
      />
      <button
        type="button"
        class="button"
        name="file"
        aria-describedby={error ? `${id}-hint ${id}-error` : `${id}-hint`}
        onClick={() => input.current?.click()}
      >
        <FileUp aria-hidden="true" />
        {t("import.choose")}
      </button>
      {name && (
        <p>
          <bdi>{name}</bdi>
        </p>
      )}
      <p class="hint" id={`${id}-hint`}>
        {t("import.formats")}
      </p>
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

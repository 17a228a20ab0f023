/** Recovery codes, shown once: to be copied, kept as a file or printed before they are gone. */

import { useSignal } from "@preact/signals";
import { Copy, Download, Printer } from "lucide-preact";
import type { VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";

import { t } from "../lib/i18n";
import { toast } from "../lib/say";
import { Dialog } from "./dialog";

export function RecoveryCodes({ codes, close }: { codes: readonly string[]; close: () => void }): VNode {
  const kept = useSignal(false);
  const text = `VortexCore\n\n${codes.join("\n")}\n`;
  const file = useMemo(() => URL.createObjectURL(new Blob([text], { type: "text/plain" })), [text]);
  useEffect(() => () => URL.revokeObjectURL(file), [file]);
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    toast(t("action.copied"));
  };
  return (
    <Dialog title={t("codes.title")} close={() => kept.value && close()}>
      <div class="stack">
        <p class="lead">{t("codes.why")}</p>
        <ul class="codes">
          {codes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
        <div class="code-tools">
          <button type="button" class="button" onClick={() => void copy()}>
            <Copy aria-hidden="true" />
            {t("action.copy")}
          </button>
          <a class="button" href={file} download="vortexcore-recovery-codes.txt">
            <Download aria-hidden="true" />
            {t("action.download")}
          </a>
          <button type="button" class="button" onClick={() => print()}>
            <Printer aria-hidden="true" />
            {t("action.print")}
          </button>
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={kept.value}
            onChange={(event) => (kept.value = event.currentTarget.checked)}
          />
          {t("codes.kept")}
        </label>
        <div class="actions">
          <button type="button" class="button primary" aria-disabled={!kept.value} onClick={() => kept.value && close()}>
            {t("codes.done")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** Something that is shown once: to be copied, and then closed. */

import { Copy } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";

import { t } from "../lib/i18n";
import { toast } from "../lib/say";
import { Dialog } from "./dialog";

export function Secret({
  title,
  secret,
  close,
  children,
}: {
  title: string;
  /** Empty where it was shown before. */
  secret: string;
  close: () => void;
  children: ComponentChildren;
}): VNode {
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => toast(t("action.copied")),
      () => toast(t("account.not_copied"), { kind: "failed" }),
    );
  return (
    <Dialog title={title} close={close}>
      <div class="stack">
        <p>{children}</p>
        {secret && (
          <p class="secret">
            <code>{secret}</code>
          </p>
        )}
        <div class="actions">
          {secret && (
            <button type="button" class="button" onClick={() => void copy()}>
              <Copy aria-hidden="true" />
              {t("action.copy")}
            </button>
          )}
          <button type="button" class="button primary" onClick={close}>
            {t("codes.done")}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

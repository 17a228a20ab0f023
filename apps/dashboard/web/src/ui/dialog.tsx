/** Dialogs and drawers: the browser's own <dialog>, which keeps the focus inside and gives it back. */

import { X } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import { t } from "../lib/i18n";

export function Dialog({
  title,
  close,
  children,
  kind = "window",
  titleHidden = false,
}: {
  title: ComponentChildren;
  close: () => void;
  children: ComponentChildren;
  kind?: "window" | "drawer" | "palette";
  titleHidden?: boolean;
}): VNode {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before anything is painted, so that whoever types on loses no letter.
  useLayoutEffect(() => {
    const dialog = box.current!;
    const before = document.activeElement as HTMLElement | null;
    dialog.showModal();
    return () => {
      // As long as it is open, nothing behind it can take the focus.
      dialog.close();
      if (before?.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={kind}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => {
        if (event.target === box.current) close();
      }}
    >
      <div class="dialog-body">
        <header class={titleHidden ? "hidden" : "dialog-head"}>
          <h2 id={id} tabIndex={-1}>
            {title}
          </h2>
          <button type="button" class="icon-button" onClick={close} aria-label={t("action.close")}>
            <X aria-hidden="true" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

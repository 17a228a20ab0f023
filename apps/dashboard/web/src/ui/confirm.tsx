/** Asking once more before something that cannot be taken back. */

import type { VNode } from "preact";

import { useForm } from "../lib/form";
import { t } from "../lib/i18n";
import { Submit } from "./basics";
import { Dialog } from "./dialog";
import { FormFailure } from "./states";

export function Confirm({
  title,
  text,
  verb,
  run,
  close,
}: {
  title: string;
  text: string;
  verb: string;
  run: () => Promise<unknown>;
  close: () => void;
}): VNode {
  const form = useForm({
    initial: {},
    send: async () => {
      await run();
      close();
    },
  });
  return (
    <Dialog title={title} close={close}>
      <p class="lead">{text}</p>
      <form class="stack" ref={form.element} onSubmit={form.submit} noValidate>
        <FormFailure refusal={form.failure.value} />
        <div class="actions">
          <button type="button" class="button" onClick={close}>
            {t("action.cancel")}
          </button>
          <Submit busy={form.busy.value}>{verb}</Submit>
        </div>
      </form>
    </Dialog>
  );
}

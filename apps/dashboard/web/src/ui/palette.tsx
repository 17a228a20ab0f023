/** Search or jump to: one box for pages, actions, accounts and transactions. */

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";

import { accountName, ended, useAccounts } from "../lib/bank";
import { t } from "../lib/i18n";
import { go } from "../lib/router";
import { actions } from "./places";
import { Dialog } from "./dialog";

type Choice = { text: string; hint?: string; run: () => void };

const folded = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

export function Palette({ close }: { close: () => void }): VNode {
  const typed = useSignal("");
  const active = useSignal(0);
  const accounts = useAccounts();
  const list = useRef<HTMLUListElement>(null);
  const own = accounts.data.value;
  const choices = useMemo(() => {
    const wanted = folded(typed.value.trim());
    const all: Choice[] = actions().map((one) => ({ text: one.text, hint: one.keys, run: one.run }));
    for (const one of own ?? [])
      all.push({
        text: accountName(one, t(`product.${one.product}`)),
        hint: ended(one.iban),
        run: () => go(`/accounts/${one.id}`),
      });
    const found = all.filter((one) => wanted.split(/\s+/).every((word) => folded(one.text).includes(word)));
    if (wanted)
      found.push({
        text: t("palette.find", { words: typed.value.trim() }),
        run: () => go(`/transactions?q=${encodeURIComponent(typed.value.trim())}`),
      });
    return found;
  }, [typed.value, own]);
  const at = Math.min(active.value, choices.length - 1);

  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const choose = (choice: Choice | undefined) => {
    if (!choice) return;
    close();
    // The dialog gives the focus back first; the new screen then takes it.
    queueMicrotask(choice.run);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      active.value = (at + step + choices.length) % choices.length;
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(choices[at]);
    }
  };
  return (
    <Dialog title={t("palette.title")} titleHidden close={close} kind="palette">
      <input
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `palette-${at}` : undefined}
        aria-label={t("palette.title")}
        placeholder={t("palette.title")}
        autocomplete="off"
        spellcheck={false}
        autofocus
        maxLength={100}
        value={typed.value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          active.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label={t("palette.title")} ref={list}>
        {choices.map((one, index) => (
          <li
            key={`${one.text}${one.hint ?? ""}`}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => (active.value = index)}
            onClick={() => choose(one)}
          >
            <span>{one.text}</span>
            {one.hint && <kbd>{one.hint}</kbd>}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

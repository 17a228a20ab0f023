/** The small things that every screen is made of. */

import type { ComponentChildren, VNode } from "preact";

import { moneyParts, t, type Sign } from "../lib/i18n";
import { isNegative, isZero, type Money } from "../lib/money";

/** An amount with small cents. `flow` colours money that came in; money out stays ink. */
export function Amount({
  money,
  sign = "auto",
  flow = false,
  whole = false,
}: {
  money: Money;
  sign?: Sign;
  flow?: boolean;
  whole?: boolean;
}): VNode {
  const parts = moneyParts(money, { sign, whole });
  const came = flow && !isNegative(money) && !isZero(money);
  return (
    <span class={came ? "amount came" : "amount"}>
      {parts.map((part, index) =>
        part.type === "fraction" || part.type === "decimal" ? (
          <span class="cents" key={index}>
            {part.value}
          </span>
        ) : (
          part.value
        ),
      )}
    </span>
  );
}

/** The first letter of a name on one of the quiet hues, always the same for the same name. */
export function Avatar({ name, hue }: { name: string; hue?: number }): VNode {
  let code = hue ?? 0;
  if (hue === undefined) for (const letter of name) code = (code * 31 + letter.codePointAt(0)!) >>> 0;
  const letter = [...name.trim()].find((one) => /[\p{L}\p{N}]/u.test(one)) ?? "·";
  return (
    <span class={`avatar hue-${code % 7}`} aria-hidden="true">
      {letter.toLocaleUpperCase()}
    </span>
  );
}

export function Badge({
  tone = "plain",
  children,
}: {
  tone?: "plain" | "good" | "warn" | "bad";
  children: ComponentChildren;
}): VNode {
  return <span class={`badge ${tone}`}>{children}</span>;
}

export function Card({
  title,
  aside,
  children,
  kind = "",
  id,
}: {
  title?: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
  kind?: string;
  id?: string;
}): VNode {
  return (
    <section class={`card ${kind}`} aria-labelledby={title && id ? id : undefined}>
      {title && (
        <header class="card-head">
          <h2 id={id}>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

/** One choice of a few, as buttons in a pill. */
export function Segmented<V extends string>({
  label,
  value,
  options,
  choose,
}: {
  label: string;
  value: V;
  options: readonly { value: V; text: string; title?: string }[];
  choose: (value: V) => void;
}): VNode {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {options.map((one) => (
        <button
          key={one.value}
          type="button"
          aria-pressed={one.value === value}
          title={one.title}
          onClick={() => choose(one.value)}
        >
          {one.text}
        </button>
      ))}
    </div>
  );
}

export function Spinner(): VNode {
  return <span class="spinner" aria-hidden="true" />;
}

/** A button that shows that it is at work and takes no second click. */
export function Submit({
  busy,
  children,
  wide = false,
}: {
  busy: boolean;
  children: ComponentChildren;
  wide?: boolean;
}): VNode {
  return (
    <button type="submit" class={wide ? "button primary wide" : "button primary"} aria-disabled={busy}>
      {busy && <Spinner />}
      {children}
      {busy && <span class="hidden">{t("state.working")}</span>}
    </button>
  );
}

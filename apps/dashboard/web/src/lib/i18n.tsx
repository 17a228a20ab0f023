/** Words, plurals, dates and money in the reader's language. A language is a file in src/messages. */

import { computed, signal } from "@preact/signals";
import { Fragment, type ComponentChildren, type VNode } from "preact";

import en from "../messages/en.json";
import type { Money } from "./money";
import { stored, store } from "./stored";

type Plural = { [category in Intl.LDMLPluralRule]?: string } & { other: string };
export type Message = string | Plural;
export type Key = keyof typeof en;
type Values = { [name: string]: string | number };

const files = import.meta.glob<{ default: Record<string, Message> }>([
  "../messages/*.json",
  "!../messages/en.json",
]);
const nameOf = (file: string): string => file.replace(/^.*\/(.*)\.json$/, "$1");

/** Every language there is a file for. */
export const languages: readonly string[] = ["en", ...Object.keys(files).map(nameOf)].sort();

export const language = signal<string>("en");
const messages = signal<Record<string, Message>>(en);

const RTL = new Set(["ar", "fa", "he", "ur", "ps", "ckb", "yi", "dv"]);
export const direction = computed<"ltr" | "rtl">(() =>
  RTL.has(language.value.split("-")[0] ?? "") ? "rtl" : "ltr",
);

/** The language with the region of the browser, where they agree: "en" in Ireland writes dates the Irish way. */
export const locale = computed<string>(() => {
  const wanted = navigator.languages.find((one) => one.split("-")[0] === language.value);
  return wanted ?? language.value;
});

/** The name of a language in that language. */
export function nameOfLanguage(code: string): string {
  return new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
}

export async function useLanguage(code: string): Promise<void> {
  const file = Object.keys(files).find((path) => nameOf(path) === code);
  const loaded = file ? (await files[file]!()).default : en;
  messages.value = { ...en, ...loaded };
  language.value = languages.includes(code) ? code : "en";
  document.documentElement.lang = language.value;
  document.documentElement.dir = direction.value;
  store("language", language.value);
}

export function firstLanguage(): string {
  const wanted = [stored("language", ""), ...navigator.languages.map((one) => one.split("-")[0] ?? "")];
  return wanted.find((one) => languages.includes(one)) ?? "en";
}

function template(key: string, values: Values): string {
  const message = messages.value[key];
  if (message === undefined) return key;
  if (typeof message === "string") return message;
  const rule = new Intl.PluralRules(language.value).select(Number(values.count ?? 0));
  return message[rule] ?? message.other;
}

const shown = (value: string | number): string => (typeof value === "number" ? number(value) : value);

/** A message with its values; a plural is chosen by `count`. */
export function t(key: Key, values: Values = {}): string {
  return template(key, values).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : shown(value);
  });
}

/** A message whose key is made at run time (of a category, of a refusal), or null where there is none. */
export function maybe(key: string, values: Values = {}): string | null {
  return messages.value[key] === undefined ? null : t(key as Key, values);
}

/** The name of a kind of posting; one that the bank has learnt lately is shown as it says it. */
export function kindName(kind: string): string {
  return maybe(`kind.${kind}`) ?? kind;
}

/** A message with elements in it: `<T k="…" amount={<Amount …/>} />`. */
export function T({ k, ...values }: { k: Key; [name: string]: unknown }): VNode {
  const count = values.count;
  const text = template(k, typeof count === "number" ? { count } : {});
  const parts = text.split(/\{(\w+)\}/g).map((part, index) => {
    if (index % 2 === 0) return part;
    const value = values[part];
    return typeof value === "number" ? number(value) : (value as ComponentChildren);
  });
  return (
    <>
      {parts.map((part, index) => (
        <Fragment key={index}>{part}</Fragment>
      ))}
    </>
  );
}

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
function kept<F extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => F): F {
  const key = `${locale.value} ${name}`;
  let format = formats.get(key) as F | undefined;
  if (!format) formats.set(key, (format = make()));
  return format;
}

export function number(value: number): string {
  return kept("number", () => new Intl.NumberFormat(locale.value)).format(value);
}

/** A decimal string that is no money, such as a rate. */
export function decimal(text: string): string {
  const make = () => new Intl.NumberFormat(locale.value, { maximumSignificantDigits: 6 });
  return kept("decimal", make).format(text as Intl.StringNumericLiteral as unknown as number);
}

export function percent(value: number): string {
  const make = () => new Intl.NumberFormat(locale.value, { style: "percent" });
  return kept("percent", make).format(value);
}

export type Sign = "auto" | "always" | "never";

/** The parts of an amount, exactly as written: Intl takes the decimal string. */
export function moneyParts(
  money: Money,
  { sign = "auto", whole = false }: { sign?: Sign; whole?: boolean } = {},
): Intl.NumberFormatPart[] {
  const make = () =>
    new Intl.NumberFormat(locale.value, {
      style: "currency",
      currency: money.currency,
      currencyDisplay: "narrowSymbol",
      signDisplay: sign === "always" ? "exceptZero" : sign,
      ...(whole ? { maximumFractionDigits: 0 } : {}),
    });
  const format = kept(`money ${money.currency} ${sign} ${whole}`, make);
  return format
    .formatToParts(money.amount as Intl.StringNumericLiteral as unknown as number)
    .map((part) => (part.type === "minusSign" ? { ...part, value: part.value.replace("-", "−") } : part));
}

export function moneyText(money: Money, options: { sign?: Sign; whole?: boolean } = {}): string {
  return moneyParts(money, options)
    .map((part) => part.value)
    .join("");
}

const DATES = {
  day: { day: "numeric", month: "short" },
  dayYear: { day: "numeric", month: "short", year: "numeric" },
  long: { weekday: "long", day: "numeric", month: "long" },
  longYear: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  month: { month: "long" },
  monthYear: { month: "long", year: "numeric" },
  monthShort: { month: "short" },
  time: { hour: "2-digit", minute: "2-digit" },
  full: { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

export function date(value: string | Date, style: keyof typeof DATES = "day", zone?: "UTC"): string {
  const make = () =>
    new Intl.DateTimeFormat(locale.value, { ...DATES[style], ...(zone ? { timeZone: zone } : {}) });
  return kept(`date ${style} ${zone ?? ""}`, make).format(typeof value === "string" ? new Date(value) : value);
}

/** "Today", "Yesterday", or the day. */
export function dayName(day: Date): string {
  const start = (one: Date) => new Date(one.getFullYear(), one.getMonth(), one.getDate()).getTime();
  const ago = Math.round((start(new Date()) - start(day)) / 86_400_000);
  if (ago === 0 || ago === 1) {
    const word = new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }).format(-ago, "day");
    return word.charAt(0).toLocaleUpperCase(locale.value) + word.slice(1);
  }
  return date(day, day.getFullYear() === new Date().getFullYear() ? "long" : "longYear");
}

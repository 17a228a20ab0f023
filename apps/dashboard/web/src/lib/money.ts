/** Money as the API writes it: decimal strings. No amount ever becomes a Number, except a height on a chart. */

export type Money = { amount: string; currency: string };

const digits = new Map<string, number>();

/** Decimals that a currency has: 2 for EUR, 0 for JPY. */
export function decimals(currency: string): number {
  let known = digits.get(currency);
  if (known === undefined) {
    known = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions()
      .maximumFractionDigits ?? 2;
    digits.set(currency, known);
  }
  return known;
}

/** The API types some amounts as a loose map of texts. */
export function asMoney(value: { [name: string]: string }): Money {
  return { amount: value.amount ?? "0", currency: value.currency ?? "EUR" };
}

/** Whole minor units, exactly. */
export function minor(money: Money): bigint {
  const places = decimals(money.currency);
  const negative = money.amount.startsWith("-");
  const [whole = "0", fraction = ""] = money.amount.replace("-", "").split(".");
  const units = BigInt(whole + fraction.padEnd(places, "0").slice(0, places));
  return negative ? -units : units;
}

export function fromMinor(units: bigint, currency: string): Money {
  const places = decimals(currency);
  const text = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const cut = text.length - places;
  const amount = places ? `${text.slice(0, cut)}.${text.slice(cut)}` : text;
  return { amount: units < 0n ? `-${amount}` : amount, currency };
}

export function sum(amounts: Money[], currency: string): Money {
  return fromMinor(
    amounts.reduce((total, one) => total + minor(one), 0n),
    currency,
  );
}

export const isNegative = (money: Money): boolean => minor(money) < 0n;
export const isZero = (money: Money): boolean => minor(money) === 0n;
export const negated = (money: Money): Money => fromMinor(-minor(money), money.currency);

/** What one unit of `sold` came to in units of `bought`, as a decimal string with six places. */
export function worth(sold: Money, bought: Money): string {
  const places = 6 + decimals(sold.currency) - decimals(bought.currency);
  const scaled = places < 0 ? minor(bought) / 10n ** BigInt(-places) : minor(bought) * 10n ** BigInt(places);
  const text = (scaled / minor(sold)).toString().padStart(7, "0");
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}

/** A height on a chart; never shown as text and never sent. */
export const height = (money: Money): number => Number(minor(money)) / 10 ** decimals(money.currency);

/**
 * What somebody typed as a decimal string of this currency, or null. Spaces, the reader's grouping and
 * either decimal sign are understood; more decimals than the currency has are not.
 */
export function typedAmount(text: string, currency: string): string | null {
  const amount = typedLimit(text, currency);
  return amount !== null && minor({ amount, currency }) > 0n ? amount : null;
}

/** The same, where nothing at all is an amount too. */
export function typedLimit(text: string, currency: string): string | null {
  let plain = text.replace(/[\s\u00a0\u202f'’]/g, "");
  // Digits of other scripts are digits.
  plain = plain.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (d) => String(d.charCodeAt(0) & 0xf));
  plain = plain.replace(/[٫]/g, ".").replace(/[٬]/g, "");
  const lastDot = plain.lastIndexOf(".");
  const lastComma = plain.lastIndexOf(",");
  if (lastDot >= 0 && lastComma >= 0) {
    const grouping = lastDot > lastComma ? /,/g : /\./g;
    plain = plain.replace(grouping, "").replace(",", ".");
  } else if (lastComma >= 0) {
    plain = /^\d{1,3}(,\d{3})+$/.test(plain) ? plain.replace(/,/g, "") : plain.replace(",", ".");
  } else if (/^\d{1,3}(\.\d{3}){2,}$/.test(plain)) {
    plain = plain.replace(/\./g, "");
  }
  if (!/^\d{1,15}(\.\d+)?$/.test(plain)) return null;
  const [whole = "0", fraction = ""] = plain.split(".");
  if (fraction.length > decimals(currency)) return null;
  const trimmed = whole.replace(/^0+(?=\d)/, "");
  return fraction ? `${trimmed}.${fraction}` : trimmed;
}

/** What came and went in a period, by category. */

import { largest, type Share } from "../charts/flow";
import { api, get } from "./api";
import { t } from "./i18n";
import { asMoney, fromMinor, minor } from "./money";
import { useResource, type Resource } from "./resource";

export type Net = { key: string; net: bigint };
export type Period = "this" | "last" | "quarter";

/** First day, and the day after the last, of a period of whole months (UTC). */
export function bounds(period: Period, today = new Date()): { from: string; until: string } {
  const month = (offset: number) =>
    new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + offset, 1)).toISOString().slice(0, 10);
  if (period === "this") return { from: month(0), until: month(1) };
  if (period === "last") return { from: month(-1), until: month(0) };
  return { from: month(-3), until: month(0) };
}

export function useNets(currency: string, period: Period): Resource<Net[]> {
  const { from, until } = bounds(period);
  return useResource(`sums:${currency}:${from}:${until}`, async () => {
    const query = {
      by: "category",
      currency,
      booked_from: `${from}T00:00:00Z`,
      booked_before: `${until}T00:00:00Z`,
    } as const;
    const { items } = await get(api.GET("/api/transactions/aggregate", { params: { query } }));
    return items.map((one) => ({
      key: one.key,
      net: minor(asMoney(one.credits)) + minor(asMoney(one.debits)),
    }));
  });
}

/** Moving money between one's own accounts comes and goes, so it is nobody's income and no spending. */
export function sides(
  nets: Net[],
  currency: string,
  period: Period,
  nameOf: (key: string) => string,
): { sources: Share[]; uses: Share[]; spending: Share[] } {
  const { from, until } = bounds(period);
  const lastDay = new Date(Date.parse(`${until}T00:00:00Z`) - 1).toISOString().slice(0, 10);
  const share = ({ key, net }: Net): Share => ({
    key,
    name: nameOf(key),
    money: fromMinor(net < 0n ? -net : net, currency),
    href: `/transactions?category=${encodeURIComponent(key)}&from=${from}&to=${lastDay}`,
  });
  const came = nets.filter((one) => one.net > 0n).map(share);
  const went = nets.filter((one) => one.net < 0n).map(share);
  const more = nets.reduce((sum, one) => sum + one.net, 0n);
  const sources = largest(came, t("flow.other"));
  const uses = largest(went, t("flow.other"));
  if (more > 0n) uses.unshift({ key: "left", name: t("flow.left"), money: fromMinor(more, currency) });
  if (more < 0n) sources.push({ key: "saved", name: t("flow.from_balance"), money: fromMinor(-more, currency) });
  return { sources, uses, spending: largest(went, t("flow.other")) };
}

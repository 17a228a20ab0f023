/** Balances over time, worked out from today's balance and what came and went each day. */

import { api, get, type Account } from "./api";
import { asMoney, fromMinor, minor, type Money } from "./money";
import { useResource, type Resource } from "./resource";

/** What an account gained or lost on each day that had a posting, in minor units, by ISO date (UTC). */
export type Changes = Map<string, bigint>;
export type Point = { day: string; money: Money };

const DAY_MS = 86_400_000;
export const isoDay = (moment: number): string => new Date(moment).toISOString().slice(0, 10);
export const startOf = (days: number): string => isoDay(Date.now() - days * DAY_MS);

export function useHistory(accounts: Account[], days: number): Resource<Map<string, Changes>> {
  const ids = accounts.map((one) => one.id);
  return useResource(`history:${days}:${ids.join()}`, async () => {
    const booked_from = `${startOf(days)}T00:00:00Z`;
    const all = await Promise.all(
      ids.map(async (account_id): Promise<[string, Changes]> => {
        const query = { account_id, by: "day", booked_from } as const;
        const { items } = await get(api.GET("/api/transactions/aggregate", { params: { query } }));
        const changes = items.map((one): [string, bigint] => [
          one.key,
          minor(asMoney(one.credits)) + minor(asMoney(one.debits)),
        ]);
        return [account_id, new Map(changes)];
      }),
    );
    return new Map(all);
  });
}

/** The balance at the end of each day, the oldest first and today last. */
export function balances(accounts: Account[], history: Map<string, Changes>, days: number): Point[] {
  const currency = accounts[0]?.currency ?? "EUR";
  let running = accounts.reduce((total, one) => total + minor(one.balance.booked), 0n);
  const points: Point[] = [];
  for (let ago = 0; ago <= days; ago++) {
    const day = isoDay(Date.now() - ago * DAY_MS);
    points.push({ day, money: fromMinor(running, currency) });
    for (const one of accounts) running -= history.get(one.id)?.get(day) ?? 0n;
  }
  return points.reverse();
}

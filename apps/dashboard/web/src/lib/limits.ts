/** Limits of what may be spent, by where they are kept: at an account, or at one of its cards. */

import { api, get, type Account, type Schemas } from "./api";
import type { Money } from "./money";

export type Limit = Schemas["SpendingLimitShown"];
export type Known = { items: Limit[]; etag: string };
type Wanted = { period: Limit["period"]; channel: Limit["channel"]; amount: Money };

/** What can be done about limits, wherever they are kept. */
export type Door = {
  key: string;
  currency: string;
  read: () => Promise<Known>;
  set: (body: Wanted) => Promise<unknown>;
  change: (limit: Limit, etag: string, amount: Money) => Promise<unknown>;
  lift: (limit: Limit, etag: string) => Promise<unknown>;
};

type Answer = Promise<{ data?: { items: Limit[] }; error?: unknown; response: Response }>;
async function known(answer: Answer): Promise<Known> {
  const { items } = await get(answer);
  return { items, etag: (await answer).response.headers.get("ETag") ?? "" };
}

export function ofAccount({ id, currency }: Account): Door {
  const path = { account_id: id };
  const one = (limit: Limit, etag: string) => ({
    path: { ...path, limit_id: limit.id },
    header: { "If-Match": etag },
  });
  return {
    key: `limits:${id}`,
    currency,
    read: () => known(api.GET("/api/accounts/{account_id}/limits", { params: { path } })),
    set: (body) => get(api.POST("/api/accounts/{account_id}/limits", { params: { path }, body })),
    change: (limit, etag, amount) =>
      get(
        api.PATCH("/api/accounts/{account_id}/limits/{limit_id}", {
          params: one(limit, etag),
          body: { amount },
        }),
      ),
    lift: (limit, etag) =>
      get(api.DELETE("/api/accounts/{account_id}/limits/{limit_id}", { params: one(limit, etag) })),
  };
}

export function ofCard(card: Schemas["Card"], { currency }: Account): Door {
  const path = { card_id: card.id };
  const one = (limit: Limit, etag: string) => ({
    path: { ...path, limit_id: limit.id },
    header: { "If-Match": etag },
  });
  return {
    key: `limits:card:${card.id}`,
    currency,
    read: () => known(api.GET("/api/accounts/cards/{card_id}/limits", { params: { path } })),
    set: (body) => get(api.POST("/api/accounts/cards/{card_id}/limits", { params: { path }, body })),
    change: (limit, etag, amount) =>
      get(
        api.PATCH("/api/accounts/cards/{card_id}/limits/{limit_id}", {
          params: one(limit, etag),
          body: { amount },
        }),
      ),
    lift: (limit, etag) =>
      get(api.DELETE("/api/accounts/cards/{card_id}/limits/{limit_id}", { params: one(limit, etag) })),
  };
}

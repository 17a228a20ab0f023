/** Agreements with other banks, and the accounts there that are shown here. */

import { api, get, once, type Account, type Schemas } from "./api";
import { refusalOf } from "./errors";
import { stale, useResource, type Resource } from "./resource";

export type Bank = Schemas["Bank"];
export type Agreement = Schemas["BankConsent"];
export type Offered = Schemas["Offered"];
export type Link = Schemas["Link"];

export function useBanks(): Resource<Bank[]> {
  return useResource("banks", async () => (await get(api.GET("/api/accounts/banks"))).items);
}

/** So long the other bank's answer is taken; then the agreement is asked for anew. */
const ANSWERED_WITHIN_MS = 30 * 60_000;
function isOfUse({ status, created_at }: Agreement): boolean {
  if (status === "awaiting_authorisation") return Date.now() - Date.parse(created_at) < ANSWERED_WITHIN_MS;
  return status === "authorised" || status === "expired";
}

/** Those in force, those that wait, and those that are over, which say why nothing comes in. */
export function useAgreements(): Resource<Agreement[]> {
  return useResource("agreements", async () => {
    const all: Agreement[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 100, ...(cursor && { cursor }) };
      const page = await get(api.GET("/api/accounts/consents", { params: { query } }));
      all.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return all.filter(isOfUse);
  });
}

/** The link of each account at another bank that has one now, by the account. */
export function useLinks(accounts: Account[]): Resource<ReadonlyMap<string, Link>> {
  const elsewhere = accounts.filter(isElsewhere);
  const key = elsewhere.map(({ id }) => id).join();
  return useResource(`links:${key}`, async () => {
    const found = await Promise.all(elsewhere.map(({ id }) => linkOf(id)));
    return new Map(found.filter((one) => one !== null).map((one) => [one.account_id, one]));
  });
}

export const isElsewhere = (one: Account): boolean =>
  one.product === "external" && one.status !== "closed" && one.role === "owner";

export async function linkOf(account_id: string): Promise<Link | null> {
  const params = { path: { account_id }, query: { limit: 1 } };
  const { items } = await get(api.GET("/api/accounts/{account_id}/links", { params }));
  const [latest] = items;
  return latest && latest.status !== "unlinked" ? latest : null;
}

export const titleOf = (name: string, banks: Bank[] | undefined): string =>
  banks?.find((one) => one.name === name)?.title ?? name;

/** The agreement that this tab has left for; whoever comes back with an answer answers that one. */
const LEFT_FOR = "vortex.agreement";

/** Ask another bank for an agreement and go there to give it. */
export async function agree(bank: string, key: string): Promise<void> {
  const body = { bank };
  const made = await once(
    (sent) => api.POST("/api/accounts/consents", { params: { header: { "Idempotency-Key": sent } }, body }),
    key,
  );
  leaveFor(made);
}

/** Agree again about an account that is linked already. */
export async function agreeAgain(link: Link, key: string): Promise<void> {
  const path = { link_id: link.id };
  const made = await once(
    (sent) =>
      api.POST("/api/accounts/links/{link_id}/reauthorize", { params: { path, header: { "Idempotency-Key": sent } } }),
    key,
  );
  leaveFor(made);
}

export function leaveFor(agreement: Agreement): void {
  try {
    localStorage.setItem(LEFT_FOR, agreement.id);
  } catch {
    // Whoever comes back is then asked about the only agreement that waits.
  }
  location.assign(agreement.authorization_url);
}

function leftFor(): string | null {
  try {
    const id = localStorage.getItem(LEFT_FOR);
    localStorage.removeItem(LEFT_FOR);
    return id;
  } catch {
    return null;
  }
}

/** Which agreement an answer is about: the one left for, else the only one that waits. */
export async function awaited(): Promise<string | null> {
  const known = leftFor();
  if (known) return known;
  const { items } = await get(api.GET("/api/accounts/consents", { params: { query: { limit: 100 } } }));
  const waiting = items.filter(({ status }) => status === "awaiting_authorisation");
  return waiting.length === 1 ? waiting[0]!.id : null;
}

type Said = { state: string; code: string } | { state: string; error: string };

export function complete(consent_id: string, body: Said): Promise<Agreement> {
  return get(api.POST("/api/accounts/consents/{consent_id}/complete", { params: { path: { consent_id } }, body }));
}

export async function end(agreement: Agreement): Promise<void> {
  const params = { path: { consent_id: agreement.id } };
  await get(api.DELETE("/api/accounts/consents/{consent_id}", { params }));
  stale("agreements", "links");
}

/** Ask the other bank now; what it does wrong is said by the link itself. */
export async function readNow(link: Link): Promise<Link> {
  try {
    return await get(api.POST("/api/accounts/links/{link_id}/sync", { params: { path: { link_id: link.id } } }));
  } finally {
    stale("links", "accounts", "latest", "found", "history", "sums");
  }
}

export async function unlink(account_id: string): Promise<void> {
  try {
    await get(api.DELETE("/api/accounts/{account_id}/link", { params: { path: { account_id } } }));
  } catch (error) {
    if (refusalOf(error).status !== 404) throw error;
  }
  stale("links");
}

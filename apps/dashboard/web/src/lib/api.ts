/** The one door to the API: typed by its OpenAPI document, signed in, stepped up, timed. */

import createClient from "openapi-fetch";

import type { components, paths } from "../api/schema";
import { Refusal, refusalOf } from "./errors";
import { bearer, over, refresh, BY_COOKIE, standing, takeTokens } from "./session";
import { askToProve } from "./step-up";

export type Schemas = components["schemas"];
export type Account = Schemas["HeldAccount"];
export type Transaction = Schemas["Transaction"];
export type Category = Schemas["Category"];

const TIMEOUT_MS = 20_000;
/** Addresses that give or need no token. */
const OPEN =
  /^\/api\/auth\/(login(\/code(\/verify)?)?|register|refresh|mfa\/(verify|sms\/send)|webauthn\/login\/\w+|password\/(forgot|reset)|email\/(verify|undo)|external\/providers|external\/callback|external\/[\w-]+\/start)$/;

/** What a fresh token can help with; a wrong answer or password must not be sent a second time. */
const TOKEN_AT_FAULT = new Set(["token_expired", "invalid_token", "not_authenticated", "session_revoked"]);

async function send(request: Request): Promise<Response> {
  const isOpen = OPEN.test(new URL(request.url).pathname);
  const attempt = async () => {
    const one = request.clone();
    for (const [name, value] of Object.entries(BY_COOKIE)) one.headers.set(name, value);
    if (!isOpen) one.headers.set("Authorization", `Bearer ${await bearer()}`);
    const limits = [AbortSignal.timeout(TIMEOUT_MS), request.signal];
    return fetch(one, { signal: AbortSignal.any(limits) });
  };
  const answer = await attempt();
  if (isOpen || (answer.status !== 401 && answer.status !== 403)) return answer;
  const { code } = (await answer.clone().json().catch(() => ({ code: "" }))) as { code: string };
  if (code === "step_up_required") {
    const fresh = await askToProve();
    if (!fresh) throw new Refusal({ code: "step_up_given_up" });
    takeTokens(fresh);
    return attempt();
  }
  if (TOKEN_AT_FAULT.has(code)) {
    if (await refresh()) return attempt();
    over("ended");
  }
  return answer;
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: send });

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of an answer; a Refusal is thrown, whatever went wrong. */
export async function get<T>(answer: Promise<Answer<T>>): Promise<T> {
  let came: Answer<T>;
  try {
    came = await answer;
  } catch (error) {
    throw refusalOf(error);
  }
  if (came.response.ok) return came.data as T;
  const said = came.error;
  const problem =
    said && typeof said === "object" && "code" in said
      ? (said as { code: string })
      : { code: came.response.status >= 500 ? "unavailable" : "unknown" };
  throw new Refusal(problem, came.response.headers.get("X-Request-Id") ?? "", came.response.status);
}

/**
 * Ask for a change that must happen once. Where no answer comes, the same request with the same
 * Idempotency-Key asks what became of it: the API gives the answer that was lost, or acts now.
 */
export async function once<T>(ask: (key: string) => Promise<Answer<T>>, key: string): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await get(ask(key));
    } catch (error) {
      const refusal = refusalOf(error);
      const isBusy = refusal.code === "request_in_progress";
      const again = refusal.isSilence || refusal.status >= 500 || isBusy;
      if (!again || attempt >= 3 || standing.value !== "in") throw refusal;
      await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** attempt));
    }
  }
}

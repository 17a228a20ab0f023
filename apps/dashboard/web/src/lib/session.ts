/**
 * Who is signed in here.
 *
 * The access token lives in this module's memory and nowhere else. The refresh token is in a cookie that
 * no script can read and no other site can send; the API writes and reads it for whoever asks with
 * `X-Token-Transport: cookie`. So an injected script could act while the page is open, and take nothing away.
 */

import { signal } from "@preact/signals";

import type { components } from "../api/schema";
import { Refusal, refusalOf } from "./errors";
import { store, stored } from "./stored";

export type Profile = components["schemas"]["Profile"];
type Tokens = { access: string; expires_in: number };

export const BY_COOKIE = { "X-Token-Transport": "cookie" };
const TIMEOUT_MS = 20_000;

/** `unknown` until the cookie has been tried. */
export const standing = signal<"unknown" | "out" | "in">("unknown");
export const profile = signal<Profile | null>(null);
/** Why somebody has to sign in again, to be said on that page. */
export const partingWord = signal<"" | "ended" | "signed_out">("");

let access = "";
let expires = 0;
const channel = "BroadcastChannel" in self ? new BroadcastChannel("vortex.session") : null;

const whenOver: (() => void)[] = [];
/** Forget something when the session ends. */
export function onSessionEnd(forget: () => void): void {
  whenOver.push(forget);
}

export function takeTokens(tokens: Tokens): void {
  access = tokens.access;
  expires = Date.now() + tokens.expires_in * 1000;
}

export async function opened(tokens: Tokens): Promise<void> {
  takeTokens(tokens);
  store("session", "1");
  await loadProfile();
  partingWord.value = "";
  standing.value = "in";
}

async function loadProfile(): Promise<void> {
  const answer = await fetch("/api/auth/user/profile", {
    headers: { Authorization: `Bearer ${access}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Refusal({ code: "session_ended" });
  profile.value = (await answer.json()) as Profile;
}

/** Try the cookie, once, at the beginning. Without a sign that there is one, nothing is asked. */
export async function resume(): Promise<void> {
  if (stored("session", "") !== "1") {
    standing.value = "out";
    return;
  }
  for (let wait = 500; standing.value === "unknown"; wait = Math.min(wait * 2, 8000)) {
    try {
      if (await refresh()) {
        await loadProfile();
        standing.value = "in";
      } else {
        over("ended");
      }
      return;
    } catch (error) {
      if (!refusalOf(error).isSilence && refusalOf(error).status < 500) return over("ended");
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

let refreshing: Promise<boolean> | null = null;

/** Get the next access token; false where the session is over. One at a time in all tabs. */
export function refresh(): Promise<boolean> {
  const run = async () =>
    navigator.locks ? await navigator.locks.request("vortex.refresh", exchange) : exchange();
  const mine = (refreshing ??= run().finally(() => {
    refreshing = null;
  }));
  return mine;
}

async function exchange(): Promise<boolean> {
  const answer = await fetch("/api/auth/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json", ...BY_COOKIE },
    body: "{}",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.ok) {
    takeTokens((await answer.json()) as Tokens);
    return true;
  }
  if (answer.status === 401 || answer.status === 422) return false;
  throw new Refusal({ code: "unavailable" }, answer.headers.get("X-Request-Id") ?? "", answer.status);
}

let isLooking = false;

/** Look as a customer who has said yes, with a token that only reads. The cookie stays one's own. */
export async function lookWith(tokens: Tokens): Promise<void> {
  isLooking = true;
  takeTokens(tokens);
  await loadProfile();
  for (const forget of whenOver) forget();
}

/** A token that is good for a while yet. */
export async function bearer(): Promise<string> {
  // The next token would be one's own: the page begins again as oneself rather than mix two people.
  if (isLooking && Date.now() > expires - 5_000) location.replace("/security");
  else if (isLooking) return access;
  if (Date.now() > expires - 20_000 && !(await refresh())) {
    over("ended");
    throw new Refusal({ code: "session_ended" });
  }
  return access;
}

let replacing: Promise<unknown> | null = null;

/** Do what ends this session and begins another, such as a new password; its end is not taken for ours. */
export async function replaced(work: Promise<Tokens>): Promise<void> {
  replacing = work;
  try {
    takeTokens(await work);
  } finally {
    replacing = null;
  }
}

/** Whether a session that was said to be over is ours, once what is under way is done. */
export async function isOver(): Promise<boolean> {
  await replacing?.catch(() => undefined);
  return !(await refresh());
}

/** The session is over, here or in another tab. */
export function over(word: "ended" | "signed_out", tell = true): void {
  if (standing.value === "out") return;
  access = "";
  expires = 0;
  store("session", null);
  profile.value = null;
  partingWord.value = word;
  standing.value = "out";
  for (const forget of whenOver) forget();
  if (tell) channel?.postMessage(word);
}

export async function signOut(): Promise<void> {
  const token = access;
  try {
    await fetch("/api/auth/logout", {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, ...BY_COOKIE },
      signal: AbortSignal.timeout(5000),
    });
  } finally {
    over("signed_out");
  }
}

channel?.addEventListener("message", (event) => over(event.data as "ended" | "signed_out", false));

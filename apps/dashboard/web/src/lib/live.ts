/**
 * The one socket. It says what happened, in order; after a gap it asks for the rest, and where the rest
 * is lost everything is read anew. The page always says when it is cut off.
 */

import { signal } from "@preact/signals";

import { api, get } from "./api";
import { refusalOf } from "./errors";
import { stale } from "./resource";
import { isOver, onSessionEnd, over, refresh, standing } from "./session";

type Frame =
  | { type: "hello" | "resync_required"; epoch: string; sequence: number }
  | { type: "pong" }
  | { type: "error"; code: string };
export type Happening = { type: string; sequence: number; data: unknown; at: string };

/** `away` only once a connection that was wanted has been missing for a moment. */
export const link = signal<"idle" | "live" | "away">("idle");
/** When the page last was in touch with the bank. */
export const lastInTouch = signal(new Date());

const SESSION_ENDED = 4401;
const TOKEN_EXPIRED = 4408;
const PING_MS = 20_000;
const SILENCE_MS = 30_000;
const PATIENCE_MS = 1_500;

let socket: WebSocket | null = null;
let place: { epoch: string; sequence: number } | null = null;
let failures = 0;
let heardAt = 0;
let retry = 0;
let patience = 0;
const listeners = new Map<string, Set<(data: never, happening: Happening) => void>>();

/** Hear of a type of event; returns how to stop. */
export function on<T>(type: string, listener: (data: T, happening: Happening) => void): () => void {
  const all = listeners.get(type) ?? new Set();
  listeners.set(type, all);
  all.add(listener);
  return () => void all.delete(listener);
}

export function start(): void {
  if (socket || standing.value !== "in") return;
  clearTimeout(retry);
  void connect();
}

async function connect(): Promise<void> {
  let opened: WebSocket;
  try {
    const { ticket } = await get(api.POST("/api/auth/ws-ticket"));
    if (socket || standing.value !== "in") return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    opened = new WebSocket(`${scheme}://${location.host}/ws?ticket=${encodeURIComponent(ticket)}`);
  } catch (error) {
    if (refusalOf(error).code !== "session_ended") later();
    return;
  }
  socket = opened;
  heardAt = Date.now();
  opened.onmessage = (event) => {
    heardAt = Date.now();
    hear(JSON.parse(String(event.data)) as Frame | Happening);
  };
  opened.onclose = (event) => {
    if (socket !== opened) return;
    socket = null;
    if (event.code === SESSION_ENDED) void isOver().then((gone) => (gone ? over("ended") : start()), later);
    else if (event.code === TOKEN_EXPIRED) void refresh().then(start, later);
    else later();
  };
}

function hear(frame: Frame | Happening): void {
  lastInTouch.value = new Date();
  if (frame.type === "hello") {
    const { epoch, sequence } = frame as Frame & { epoch: string; sequence: number };
    greet(epoch, sequence);
  } else if (frame.type === "resync_required") {
    const { epoch, sequence } = frame as Frame & { epoch: string; sequence: number };
    place = { epoch, sequence };
    stale("");
  } else if ("sequence" in frame) {
    happened(frame as Happening);
  }
}

function greet(epoch: string, sequence: number): void {
  const missed = place && (place.epoch !== epoch || place.sequence !== sequence);
  if (missed) socket?.send(JSON.stringify({ type: "resume", after: place!.sequence, epoch: place!.epoch }));
  else place = { epoch, sequence };
  failures = 0;
  clearTimeout(patience);
  patience = 0;
  // What was read while nobody listened may be old; what failed may work now.
  if (link.value === "away") stale("");
  link.value = "live";
}

function happened(event: Happening): void {
  if (place && event.sequence <= place.sequence) return;
  if (place && event.sequence > place.sequence + 1) {
    socket?.send(JSON.stringify({ type: "resume", after: place.sequence, epoch: place.epoch }));
    return;
  }
  if (place) place.sequence = event.sequence;
  for (const listener of listeners.get(event.type) ?? []) listener(event.data as never, event);
}

/** Come back after a while that grows, and differs from page to page. */
function later(): void {
  if (standing.value !== "in") return;
  patience ||= window.setTimeout(() => (link.value = "away"), PATIENCE_MS);
  clearTimeout(retry);
  const most = Math.min(30_000, 500 * 2 ** failures++);
  retry = window.setTimeout(start, 250 + Math.random() * most);
}

function drop(): void {
  const old = socket;
  socket = null;
  old?.close();
}

setInterval(() => {
  if (!socket) return;
  if (Date.now() - heardAt > SILENCE_MS) {
    drop();
    later();
  } else if (socket.readyState === WebSocket.OPEN) {
    socket.send('{"type":"ping"}');
  }
}, PING_MS);

addEventListener("offline", () => {
  clearTimeout(patience);
  patience = 1;
  if (standing.value === "in") link.value = "away";
  drop();
});
addEventListener("online", () => {
  failures = 0;
  start();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") start();
});
onSessionEnd(() => {
  clearTimeout(retry);
  clearTimeout(patience);
  patience = 0;
  place = null;
  link.value = "idle";
  drop();
});
// Styles and tests can ask the document whether it is in touch.
link.subscribe((state) => {
  document.documentElement.dataset.link = state;
});
standing.subscribe((value) => {
  if (value === "in") start();
});

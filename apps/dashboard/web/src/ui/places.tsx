/**
 * Where one can go. A screen gets into menu, palette and keys by a line here, and only once there is a
 * route to it: nothing in the menu leads nowhere.
 */

import { ArrowLeftRight, FileText, FileUp, Hourglass, House, Landmark, Send, Shield, UserRound, type LucideIcon } from "lucide-preact";

import { t, type Key } from "../lib/i18n";
import { go } from "../lib/router";

export type Place = {
  path: string;
  name: Key;
  icon: LucideIcon;
  /** Single letters that lead there. */
  keys?: string;
  /** In the bar at the bottom of a phone, which has room for five. */
  inBar?: boolean;
  group?: "main" | "own";
};

export const places: readonly Place[] = [
  { path: "/", name: "place.overview", icon: House, keys: "g o", inBar: true },
  { path: "/transactions", name: "place.transactions", icon: ArrowLeftRight, keys: "g t", inBar: true },
  { path: "/transfer", name: "place.transfer", icon: Send, keys: "n", inBar: true },
  { path: "/pending", name: "place.pending", icon: Hourglass, keys: "g w" },
  { path: "/import", name: "place.import", icon: FileUp, keys: "g i" },
  { path: "/linked", name: "place.linked", icon: Landmark, keys: "g b" },
  { path: "/documents", name: "place.documents", icon: FileText, keys: "g d" },
  { path: "/security", name: "place.security", icon: Shield, keys: "g s", inBar: true, group: "own" },
  { path: "/profile", name: "place.profile", icon: UserRound, keys: "g p", inBar: true, group: "own" },
];

export type Action = { text: string; keys?: string; run: () => void };

const more: (() => Action[])[] = [];
/** Offer more in the palette than the places. */
export function offer(actions: () => Action[]): void {
  more.push(actions);
}

export function actions(): Action[] {
  const goes = places.map((place) => ({
    text: place.path === "/transfer" ? t(place.name) : t("palette.go", { place: t(place.name) }),
    keys: place.keys,
    run: () => go(place.path),
  }));
  return [...goes, ...more.flatMap((one) => one())];
}

/** What stands around every screen: menu, search, words of the bank, and what to do when it is out of reach. */

import { useSignal } from "@preact/signals";
import { Eye, EyeOff, LogOut, Moon, Plus, Search, Sun, UserRound, WifiOff, X } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";
import { useCallback } from "preact/hooks";

import { isPrivate, setPrivate } from "../lib/bank";
import { date, t, type Key } from "../lib/i18n";
import { setSingleKeys, shortcuts, singleKeys, useShortcut } from "../lib/keys";
import { lastInTouch, link } from "../lib/live";
import { go, path } from "../lib/router";
import { dismiss, spoken, toasts } from "../lib/say";
import { profile, signOut } from "../lib/session";
import { isDark, theme } from "../lib/theme";
import { Dialog } from "./dialog";
import { Mark } from "./mark";
import { Palette } from "./palette";
import { offer, places, type Place } from "./places";

const isHere = (place: Place): boolean =>
  place.path === "/"
    ? path.value === "/" || path.value.startsWith("/accounts/")
    : path.value.startsWith(place.path);

offer(() => [
  { text: t(isPrivate.value ? "action.show_amounts" : "action.hide_amounts"), keys: "h", run: hide },
  { text: t(isDark() ? "action.light" : "action.dark"), run: flip },
  { text: t("action.sign_out"), run: () => void signOut() },
]);

function hide(): void {
  setPrivate(!isPrivate.value);
}

function flip(): void {
  theme.value = isDark() ? "light" : "dark";
}

export function Shell({ children }: { children: ComponentChildren }): VNode {
  const dialog = useSignal<"" | "palette" | "keys">("");
  const search = useCallback(() => (dialog.value = "palette"), []);
  const sheet = useCallback(() => (dialog.value = "keys"), []);
  useShortcut("mod k", "keys.palette", search);
  useShortcut("/", "keys.palette", search);
  useShortcut("?", "keys.sheet", sheet);
  useShortcut("h", "keys.hide", hide);
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={toContent}>
        {t("shell.skip")}
      </a>
      <Menu />
      <div class="page">
        <TopBar search={search} />
        <Away />
        <Watched />
        <main id="content" tabIndex={-1}>
          {children}
        </main>
      </div>
      <nav class="bar" aria-label={t("shell.menu")}>
        {places
          .filter((place) => place.inBar)
          .slice(0, 5)
          .map((place) => (
            <Entry key={place.path} place={place} />
          ))}
      </nav>
      {dialog.value === "palette" && <Palette close={() => (dialog.value = "")} />}
      {dialog.value === "keys" && <KeySheet close={() => (dialog.value = "")} />}
    </div>
  );
}

function toContent(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Menu(): VNode {
  const me = profile.value;
  const own = places.filter((place) => place.group === "own");
  return (
    <div class="sidebar">
      <a class="brand" href="/">
        <Mark />
        VortexCore
      </a>
      <nav aria-label={t("shell.menu")}>
        {places
          .filter((place) => place.group !== "own")
          .map((place) => (
            <Entry key={place.path} place={place} />
          ))}
        {own.length > 0 && <hr />}
        {own.map((place) => (
          <Entry key={place.path} place={place} />
        ))}
      </nav>
      <div class="who">
        <span class="who-name" title={me?.email}>
          <UserRound aria-hidden="true" />
          {me?.full_name}
        </span>
        <button type="button" class="icon-button quiet" onClick={() => void signOut()} aria-label={t("action.sign_out")} title={t("action.sign_out")}>
          <LogOut aria-hidden="true" />
        </button>
      </div>
    </div>
  );
}

/** A place in the menu, and its key. */
function Entry({ place }: { place: Place }): VNode {
  const { path: to, name, icon: Icon, keys } = place;
  const run = useCallback(() => go(to), [to]);
  return (
    <>
      {keys && <Keyed keys={keys} says={name} run={run} />}
      <a class="place" href={to} aria-current={isHere(place) ? "page" : undefined}>
        <Icon aria-hidden="true" />
        <span>{t(name)}</span>
      </a>
    </>
  );
}

function Keyed({ keys, says, run }: { keys: string; says: Key; run: () => void }): null {
  useShortcut(keys, says, run);
  return null;
}

/** The greeting or the name of the screen is put here by the screen, as the h1. */
function TopBar({ search }: { search: () => void }): VNode {
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  return (
    <div class="top">
      <a class="brand small" href="/" aria-label={t("place.overview")}>
        <Mark />
      </a>
      <button type="button" class="search" onClick={search}>
        <Search aria-hidden="true" />
        <span>{t("palette.title")}</span>
        <kbd aria-hidden="true">{apple ? "⌘ K" : "Ctrl K"}</kbd>
      </button>
      <button
        type="button"
        class="icon-button"
        aria-pressed={isPrivate.value}
        aria-label={t("action.hide_amounts")}
        title={t(isPrivate.value ? "action.show_amounts" : "action.hide_amounts")}
        onClick={hide}
      >
        {isPrivate.value ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={t(isDark() ? "action.light" : "action.dark")}
        title={t(isDark() ? "action.light" : "action.dark")}
        onClick={flip}
      >
        {isDark() ? <Sun aria-hidden="true" /> : <Moon aria-hidden="true" />}
      </button>
      <button type="button" class="icon-button sign-out" aria-label={t("action.sign_out")} title={t("action.sign_out")} onClick={() => void signOut()}>
        <LogOut aria-hidden="true" />
      </button>
      <a class="button primary new" href="/transfer">
        <Plus aria-hidden="true" />
        <span>{t("place.transfer")}</span>
      </a>
    </div>
  );
}

function Away(): VNode | null {
  if (link.value !== "away") return null;
  return (
    <div class="away" role="status">
      <WifiOff aria-hidden="true" />
      <span>{t("shell.away", { time: date(lastInTouch.value, "time") })}</span>
    </div>
  );
}

/** Somebody of the bank looks with the customer's eyes: said all the while, ended by a click. */
function Watched(): VNode | null {
  const looking = profile.value?.impersonation;
  if (!looking) return null;
  return (
    <div class="away" role="status">
      <Eye aria-hidden="true" />
      <span>
        {t("looking.banner", { staff: looking.staff_name, name: profile.value?.full_name ?? "", reason: looking.reason })}
      </span>
      <button type="button" class="link" onClick={() => location.replace("/security")}>
        {t("looking.leave")}
      </button>
    </div>
  );
}

/** Outside the shell, so that signing in speaks too. */
export function Voice(): VNode {
  return (
    <>
      <div class="hidden" role="status" aria-live="polite">
        {spoken.value}
      </div>
      <div class="toasts">
        {toasts.value.map((one) => (
          <div class={`toast ${one.kind}`} key={one.id}>
            <span>{one.text}</span>
            {one.action && (
              <button
                type="button"
                onClick={() => {
                  one.action?.run();
                  dismiss(one.id);
                }}
              >
                {one.action.text}
              </button>
            )}
            <button type="button" class="toast-close" aria-label={t("action.close")} onClick={() => dismiss(one.id)}>
              <X aria-hidden="true" />
            </button>
          </div>
        ))}
      </div>
    </>
  );
}

function KeySheet({ close }: { close: () => void }): VNode {
  const rows: [string, Key][] = [
    ...shortcuts.value.map((one): [string, Key] => [one.keys, one.says]),
    ["j / k", "keys.rows"],
    ["Enter", "keys.open"],
    ["x", "keys.select"],
    ["Esc", "keys.close"],
  ];
  return (
    <Dialog title={t("keys.title")} close={close}>
      <dl class="keys">
        {rows.map(([keys, says]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key, index) => (
                <kbd key={index}>{key === "mod" ? "Ctrl" : key}</kbd>
              ))}
            </dt>
            <dd>{t(says)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        {t("keys.single")}
      </label>
    </Dialog>
  );
}

/** What a browser calls itself, in words: a name of the browser and of the system, or what it said. */

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Headless)?(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Macintosh|Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

const first = (known: readonly [RegExp, string][], said: string): string =>
  known.find(([pattern]) => pattern.test(said))?.[1] ?? "";

/** The parts that could be told; both empty for a program. */
export function deviceOf(said: string): { browser: string; system: string } {
  return { browser: first(BROWSERS, said), system: first(SYSTEMS, said) };
}

export const isPhone = (said: string): boolean => /iPhone|Android.*Mobile/.test(said);

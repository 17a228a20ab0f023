/** Proving that it is oneself, when the API asks for it. The dialog listens; the API client waits. */

import { signal } from "@preact/signals";

export type Fresh = { access: string; expires_in: number };
type Asked = { done: (fresh: Fresh | null) => void };

export const asked = signal<Asked | null>(null);

let waiting: Promise<Fresh | null> | null = null;

/** Resolve with a fresh token, or null where somebody gives up. Several requests share one question. */
export function askToProve(): Promise<Fresh | null> {
  waiting ??= new Promise<Fresh | null>((resolve) => {
    asked.value = {
      done: (fresh) => {
        asked.value = null;
        waiting = null;
        resolve(fresh);
      },
    };
  });
  return waiting;
}

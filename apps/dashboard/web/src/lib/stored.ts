/** Preferences of this browser. Never a token, never money; a browser that keeps nothing still works. */

export function stored(name: string, otherwise: string): string {
  try {
    return localStorage.getItem(`vortex.${name}`) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function store(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`vortex.${name}`);
    else localStorage.setItem(`vortex.${name}`, value);
  } catch {
    // A private window may refuse; the choice then lasts as long as the page.
  }
}

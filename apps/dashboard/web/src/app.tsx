/** Which screen is shown, to whom, and how the focus moves there. */

import { signal } from "@preact/signals";
import { Component, type ComponentChildren, type VNode } from "preact";
import { useEffect } from "preact/hooks";

import { Refusal } from "./lib/errors";
import { go, match, params, path, search, visit, type Route, type Screen } from "./lib/router";
import { standing } from "./lib/session";
import { routes } from "./routes";
import { Shell, Voice } from "./ui/shell";
import { Failed, Skeleton } from "./ui/states";
import { StepUp } from "./ui/step-up";

type Shown = { route: Route; screen: Screen };
const shown = signal<Shown | null>(null);
const failure = signal<Refusal | null>(null);

function routeOf(address: string): Route {
  for (const route of routes) {
    const found = match(route.path, address);
    if (found) {
      params.value = found;
      return route;
    }
  }
  return routes.at(-1)!;
}

export const isOurs = (pathname: string): boolean =>
  routes.some((route) => route.path !== "*" && match(route.path, pathname));

/** Fetch the other screens while nothing happens, so that they open at once and without a line. */
function fetchRest(): void {
  const idle = self.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1500));
  idle(() => {
    for (const route of routes) if (!route.bare) route.load().catch(() => undefined);
  });
}

let wanted: Route | null = null;
async function show(route: Route): Promise<void> {
  wanted = route;
  try {
    const { default: screen } = await route.load();
    if (wanted !== route) return;
    failure.value = null;
    shown.value = { route, screen };
    if (!route.bare) fetchRest();
  } catch {
    // The part was replaced by a newer release, or the network is away.
    failure.value = new Refusal({ code: navigator.onLine ? "page_outdated" : "offline" });
  }
}

export function App(): VNode {
  const state = standing.value;
  const address = path.value;
  const route = routeOf(address);
  const mayShow = state === "in" || route.open;
  useEffect(() => {
    if (state === "out" && !route.open) {
      const next = address === "/" ? "" : `?next=${encodeURIComponent(address + search.peek())}`;
      go(`/sign-in${next}`, { replace: true });
    } else if (state !== "unknown") void show(route);
  }, [state, address]);
  useEffect(() => {
    const again = () => {
      if (failure.value) void show(route);
    };
    addEventListener("online", again);
    return () => removeEventListener("online", again);
  }, [route]);
  const ready = mayShow && shown.value?.route === route ? shown.value.screen : null;
  const screen = failure.value ? (
    <Failed refusal={failure.value} retry={() => (navigator.onLine ? location.reload() : void show(route))} />
  ) : ready ? (
    <Focused screen={ready} />
  ) : (
    <Skeleton rows={6} />
  );
  return (
    <>
      {state === "in" && !route.bare ? <Shell>{screen}</Shell> : <div class="outside">{screen}</div>}
      <StepUp />
      <Voice />
    </>
  );
}

let first = true;

/** A screen that sets the title and, after a navigation, gives its heading the focus. */
function Focused({ screen: Content }: { screen: Screen }): VNode {
  const count = visit.value;
  useEffect(() => {
    const heading = document.querySelector<HTMLElement>("h1");
    document.title = heading?.textContent ? `${heading.textContent} · VortexCore` : "VortexCore";
    if (!first && heading && !document.querySelector("[autofocus]:focus, dialog[open]")) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
    first = false;
  }, [Content, count]);
  return (
    <Guard key={`${path.value}`}>
      <Content />
    </Guard>
  );
}

/** A fault of ours takes down one screen, says so, and leaves the rest usable. */
class Guard extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };
  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ broken: true });
  }
  override render(): ComponentChildren {
    if (!this.state.broken) return this.props.children;
    return <Failed refusal={new Refusal({ code: "page_failed" })} retry={() => location.reload()} />;
  }
}

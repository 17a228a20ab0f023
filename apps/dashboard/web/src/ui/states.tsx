/** The states of a list besides having something in it. */

import { Inbox, RefreshCw, SearchX, TriangleAlert, WifiOff } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Refusal } from "../lib/errors";
import { t } from "../lib/i18n";
import type { Resource } from "../lib/resource";

export function Skeleton({ rows = 5, kind = "rows" }: { rows?: number; kind?: "rows" | "block" }): VNode {
  return (
    <div class={`skeleton ${kind}`} role="status" aria-busy="true">
      <span class="hidden">{t("state.loading")}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div class="bone" key={index} aria-hidden="true" />
      ))}
    </div>
  );
}

/** Nothing there yet: why, and the one thing to do about it. */
export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}): VNode {
  return (
    <div class="empty">
      <Inbox aria-hidden="true" />
      <p class="empty-title">{title}</p>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

export function FilteredEmpty({ clear }: { clear: () => void }): VNode {
  return (
    <div class="empty">
      <SearchX aria-hidden="true" />
      <p class="empty-title">{t("state.nothing_found")}</p>
      <p>{t("state.nothing_found_why")}</p>
      <button type="button" class="button" onClick={clear}>
        {t("action.clear_filters")}
      </button>
    </div>
  );
}

export function Failed({ refusal, retry }: { refusal: Refusal; retry: () => void }): VNode {
  const Icon = refusal.isSilence ? WifiOff : TriangleAlert;
  return (
    <div class="empty failed" role="alert">
      <Icon aria-hidden="true" />
      <p class="empty-title">{refusal.message}</p>
      {refusal.requestId && <p class="request-id">{t("state.request", { id: refusal.requestId })}</p>}
      <button type="button" class="button" onClick={retry}>
        <RefreshCw aria-hidden="true" />
        {t("action.retry")}
      </button>
    </div>
  );
}

/** A refusal above a form; it takes the focus, so that nobody has to look for it. */
export function FormFailure({ refusal }: { refusal: Refusal | null }): VNode | null {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [refusal]);
  if (!refusal) return null;
  return (
    <div class="form-failure" role="alert" tabIndex={-1} ref={box}>
      <TriangleAlert aria-hidden="true" />
      <div>
        <p>{refusal.message}</p>
        {refusal.requestId && refusal.status >= 500 && (
          <p class="request-id">{t("state.request", { id: refusal.requestId })}</p>
        )}
      </div>
    </div>
  );
}

/**
 * Skeleton, failure or content of a resource. What was read before stays while it is read again; with
 * `keep` it stays while something else is read in its place, so that a search does not flicker.
 */
export function Loaded<D>({
  of,
  skeleton = <Skeleton />,
  keep = false,
  children,
}: {
  of: Resource<D>;
  skeleton?: VNode;
  keep?: boolean;
  children: (data: D) => ComponentChildren;
}): VNode {
  const data = of.data.value;
  const error = of.error.value;
  const former = useRef<D>();
  if (data !== undefined) {
    former.current = data;
    // The same element around both, so that what is inside is not made anew.
    return keep ? <div class="loaded">{children(data)}</div> : <>{children(data)}</>;
  }
  if (error) return <Failed refusal={error} retry={() => void of.reload()} />;
  if (keep && former.current !== undefined)
    return (
      <div class="loaded renewing" aria-busy="true">
        {children(former.current)}
      </div>
    );
  return skeleton;
}

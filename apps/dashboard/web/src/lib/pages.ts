/** A list that is read page by page, as one goes on. */

import { useSignal } from "@preact/signals";

import { refusalOf, type Refusal } from "./errors";
import { amend, useResource, type Resource } from "./resource";

export type Batch<T> = { items: T[]; next_cursor: string | null };
export type Pages<T> = {
  pages: Resource<Batch<T>>;
  more: () => Promise<void>;
  isMore: boolean;
  failure: Refusal | null;
};

/** Read anew, it reads as many as are on the screen, so that nothing below the fold goes away. */
export function usePages<T>(key: string, read: (at: { cursor?: string }) => Promise<Batch<T>>): Pages<T> {
  const isMore = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  const pages: Resource<Batch<T>> = useResource<Batch<T>>(key, async () => {
    const wanted = pages.data.peek()?.items.length ?? 0;
    let all = await read({});
    while (all.next_cursor && all.items.length < wanted) {
      const next = await read({ cursor: all.next_cursor });
      all = { ...next, items: [...all.items, ...next.items] };
    }
    return all;
  });
  const more = async () => {
    const known = pages.data.value;
    if (!known?.next_cursor || isMore.value) return;
    isMore.value = true;
    failure.value = null;
    try {
      const next = await read({ cursor: known.next_cursor });
      amend<Batch<T>>(key, (now, which) =>
        // What was read anew meanwhile has another end, and is asked for its next page by the next click.
        which !== key || now.next_cursor !== known.next_cursor
          ? now
          : { ...next, items: [...now.items, ...next.items] },
      );
    } catch (error) {
      failure.value = refusalOf(error);
    } finally {
      isMore.value = false;
    }
  };
  return { pages, more, isMore: isMore.value, failure: failure.value };
}

/** Things of one kind: those there are, a button for one more, and an end to each. */

import { useSignal } from "@preact/signals";
import { Plus, type LucideIcon } from "lucide-preact";
import type { ComponentChildren, VNode } from "preact";

import type { Resource } from "../lib/resource";
import { Card } from "./basics";
import { Confirm } from "./confirm";
import { Empty, Loaded, Skeleton } from "./states";

/** A small button on a line; `says` names the line too, for who hears it without the rest. */
export function Tool({ text, says, run }: { text: string; says: string; run: () => void }): VNode {
  return (
    <button type="button" class="button small" aria-label={says} onClick={run}>
      {text}
    </button>
  );
}

/** How one of the things ends: what the button says, and what is asked before it does. */
export type End<T> = {
  verb: string;
  title: (one: T) => string;
  why: (one: T) => string;
  run: (one: T) => Promise<unknown>;
};

/** The button at the end of a line by which the thing on it ends. */
export function EndTool<T>({ end, one, ask }: { end: End<T>; one: T; ask: () => void }): VNode {
  return <Tool text={end.verb} says={end.title(one)} run={ask} />;
}

type Listing<T> = {
  of: Resource<readonly T[]>;
  /** As many as there usually are, so that the page does not jump. */
  rows?: number;
  /** What is said where there is nothing, and why that may be. */
  none: string;
  why: string;
  /** One thing as a line; it says with `ask` that this one is to end. */
  line: (one: T, ask: () => void) => VNode;
  end?: End<T>;
};

export function Things<T>({ of, rows = 1, none, why, line, end }: Listing<T>): VNode {
  const ending = useSignal<T | null>(null);
  const going = ending.value;
  return (
    <>
      <Loaded of={of} skeleton={<Skeleton rows={rows} />}>
        {(items) =>
          items.length ? (
            <ul class="things">{items.map((one) => line(one, () => (ending.value = one)))}</ul>
          ) : (
            <Empty title={none}>{why}</Empty>
          )
        }
      </Loaded>
      {end && going !== null && (
        <Confirm
          title={end.title(going)}
          text={end.why(going)}
          verb={end.verb}
          run={() => end.run(going)}
          close={() => (ending.value = null)}
        />
      )}
    </>
  );
}

export type Add = { text: string; icon?: LucideIcon; run: () => void };

export function AddButton({ text, icon: Icon = Plus, run }: Add): VNode {
  return (
    <button type="button" class="button small" onClick={run}>
      <Icon aria-hidden="true" />
      {text}
    </button>
  );
}

/** Things on a card of their own. */
export function ListCard<T>({
  id,
  title,
  add,
  before,
  children,
  ...listing
}: Listing<T> & {
  id: string;
  title: string;
  add?: Add | false;
  before?: ComponentChildren;
  children?: ComponentChildren;
}): VNode {
  return (
    <Card id={id} title={title} aside={add && <AddButton {...add} />}>
      {before}
      <Things {...listing} />
      {children}
    </Card>
  );
}

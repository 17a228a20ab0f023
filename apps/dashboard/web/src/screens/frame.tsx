/** The frame of what is shown without a session: one quiet card. */

import type { ComponentChildren, VNode } from "preact";

import { Mark } from "../ui/mark";

export function Frame({
  title,
  lead,
  children,
  below,
}: {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
  below?: ComponentChildren;
}): VNode {
  return (
    <main class="front" id="content">
      <div class="front-brand">
        <Mark />
        VortexCore
      </div>
      <div class="card front-card">
        <h1>{title}</h1>
        {lead && <p class="front-lead">{lead}</p>}
        {children}
      </div>
      {below && <p class="front-below">{below}</p>}
    </main>
  );
}

/** One line of a list of things that belong to somebody: what it is, more of it, and what can be done. */

import type { ComponentChildren, VNode } from "preact";

export function Thing({
  icon,
  name,
  badge,
  more,
  tools,
  children,
}: {
  icon: VNode;
  name: ComponentChildren;
  badge?: ComponentChildren;
  more?: ComponentChildren;
  tools?: ComponentChildren;
  children?: ComponentChildren;
}): VNode {
  return (
    <li class="thing">
      <span class="thing-mark" aria-hidden="true">
        {icon}
      </span>
      <div class="thing-text">
        <span class="thing-name">
          {name} {badge}
        </span>
        {more && <span class="row-more">{more}</span>}
        {children}
      </div>
      {tools && <span class="thing-tools">{tools}</span>}
    </li>
  );
}

/** The bank's mark: a vortex. */

import type { VNode } from "preact";

export function Mark(): VNode {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" class="mark-ground" />
      <g class="mark-lines">
        <path d="M16 6.5a9.5 9.5 0 1 1-9.1 6.8" />
        <path d="M16 11a5 5 0 1 1-4.8 3.6" />
      </g>
      <circle cx="16" cy="16" r="1.7" class="mark-eye" />
    </svg>
  );
}

/** The width that an element has, for drawings that fill it. */

import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export function useWidth<E extends Element>(): { box: RefObject<E>; width: number } {
  const box = useRef<E>(null);
  const width = useSignal(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const take = () => (width.value = Math.round(element.getBoundingClientRect().width));
    take();
    const observer = new ResizeObserver(take);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { box, width: width.value };
}

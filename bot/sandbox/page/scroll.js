// Keeps a list of messages at its end, unless the reader has scrolled up.
import { useLayoutEffect, useRef } from "./vendor/preact.js";

const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;

/** Follows growth of the list's content too (a card redrawn taller); a new key starts at the end. */
export function useStickToEnd(key) {
  const box = useRef(null);
  const stick = useRef(true);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    stick.current = true;
    const follow = () => { if (stick.current) element.scrollTop = element.scrollHeight; };
    const noticed = () => { stick.current = atEnd(element); };
    const watch = new ResizeObserver(follow);
    watch.observe(element);
    watch.observe(element.firstElementChild);
    element.addEventListener("scroll", noticed, { passive: true });
    follow();
    return () => { watch.disconnect(); element.removeEventListener("scroll", noticed); };
  }, [key]);
  return box;
}

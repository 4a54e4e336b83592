/**
 * The window of rows of a long list, as the page is scrolled. Rows are taken for equally high; where they are not, the room is off by the
 * difference and the rows in sight are right all the same.
 */
import { type RefObject, useEffect, useRef, useState } from "react";
import { type RowWindow, rowWindow } from "../layout/row-window.js";

export function useWindowRows<T extends Element>(count: number, rowPx: number): [RefObject<T | null>, RowWindow] {
  const ref = useRef<T>(null);
  const [shown, setShown] = useState(() => rowWindow(count, rowPx, 0, window.innerHeight));
  useEffect(() => {
    const look = () => {
      const topPx = ref.current?.getBoundingClientRect().top ?? 0;
      const next = rowWindow(count, rowPx, topPx, window.innerHeight);
      setShown((held) =>
        held.from === next.from && held.to === next.to && held.belowPx === next.belowPx ? held : next,
      );
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    window.addEventListener("resize", look);
    return () => {
      window.removeEventListener("scroll", look);
      window.removeEventListener("resize", look);
    };
  }, [count, rowPx]);
  // The list may have become shorter since it was looked at.
  return [ref, shown.to > count ? rowWindow(count, rowPx, 0, window.innerHeight) : shown];
}

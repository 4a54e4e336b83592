/** The size of an element, as it changes; 0 before the first measurement. */
import { type RefObject, useEffect, useRef, useState } from "react";

export interface MeasuredSize {
  readonly width: number;
  readonly height: number;
}

const UNMEASURED: MeasuredSize = { width: 0, height: 0 };

export function useSize<T extends Element>(): [RefObject<T | null>, MeasuredSize] {
  const ref = useRef<T>(null);
  const [size, setSize] = useState(UNMEASURED);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      setSize((held) => {
        const next = { width: Math.floor(width), height: Math.floor(height) };
        return held.width === next.width && held.height === next.height ? held : next;
      });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, size];
}

export function useWidth<T extends Element>(): [RefObject<T | null>, number] {
  const [ref, { width }] = useSize<T>();
  return [ref, width];
}

/** A table that scrolls within itself. It takes the focus, so that keys move it too. */
import type { ReactNode } from "react";

export function ScrollFrame({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard
    <section className="table-frame scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}

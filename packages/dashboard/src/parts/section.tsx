/** A titled part of a tab, with the age of its data at the right. */
import type { ReactNode } from "react";

export interface SectionProps {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, aside, children }: SectionProps) {
  return (
    <section className="section">
      <header className="section-head">
        <h2>{title}</h2>
        <div className="section-aside">{aside}</div>
      </header>
      {children}
    </section>
  );
}

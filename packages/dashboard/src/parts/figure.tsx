/** A figure with its name above it, in the strip and over reports. */
import type { ReactNode } from "react";

export interface FigureProps {
  readonly label: string;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}

export function Figure({ label, title, children }: FigureProps) {
  return (
    <div className="figure" title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

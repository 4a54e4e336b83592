/** Whom a fault can be done to: nodes with a process of this launcher, by name or by type. Never the console. */
import type { NodeView } from "@meshwork/console/api-types";

/** No target is given: the run draws one. */
export const DRAWN = "";

export interface Targets {
  readonly types: readonly string[];
  readonly names: readonly string[];
}

export function targetsOf(nodes: readonly NodeView[]): Targets {
  const possible = nodes.filter(
    ({ live, name, process }) => live && name !== null && process?.supervised === true && !process.shared,
  );
  return {
    types: [...new Set(possible.map(({ type }) => type))].sort(),
    names: possible.flatMap(({ name }) => name ?? []).sort(),
  };
}

/** A name has dots in it, a type has none. */
export function targetText(target: string): string {
  if (target === DRAWN) return "a node drawn at random";
  return target.includes(".") ? target : `any ${target}`;
}

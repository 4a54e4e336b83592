/**
 * The flame graph as data: folded stacks (what the page lets one download) merged into a tree, and the tree laid out as boxes. Pure.
 * What the picture shows is what the folded stacks say, by the same function.
 */
export interface FlameNode {
  readonly name: string;
  /** With what it called, in µs. */
  readonly totalUs: number;
  readonly selfUs: number;
  /** Most time first. */
  readonly children: readonly FlameNode[];
}

interface Growing {
  readonly name: string;
  selfUs: number;
  readonly children: Map<string, Growing>;
}

/** `outer;inner <µs>` a line; a line that is none is left out. */
export function flameTree(folded: string): FlameNode {
  const root: Growing = { name: "all", selfUs: 0, children: new Map() };
  for (const line of folded.split("\n")) {
    const end = line.lastIndexOf(" ");
    const us = Number(line.slice(end + 1));
    if (end <= 0 || !Number.isFinite(us) || us <= 0) continue;
    let at = root;
    for (const name of line.slice(0, end).split(";")) {
      let child = at.children.get(name);
      if (child === undefined) {
        child = { name, selfUs: 0, children: new Map() };
        at.children.set(name, child);
      }
      at = child;
    }
    at.selfUs += us;
  }
  return grown(root);
}

function grown({ name, selfUs, children }: Growing): FlameNode {
  const done = [...children.values()].map(grown).sort((a, b) => b.totalUs - a.totalUs);
  return { name, selfUs, totalUs: selfUs + done.reduce((sum, child) => sum + child.totalUs, 0), children: done };
}

export interface FlameBox {
  readonly node: FlameNode;
  readonly depth: number;
  /** 0 to 1 of the width. */
  readonly x: number;
  readonly width: number;
  /** Names from the outermost to this one. */
  readonly path: readonly string[];
}

/** Boxes of `root` and all below it, wide enough to be seen, callers above what they called. */
export function flameBoxes(root: FlameNode, minWidth: number): FlameBox[] {
  const boxes: FlameBox[] = [];
  const place = (node: FlameNode, x: number, depth: number, above: readonly string[]): void => {
    const width = root.totalUs === 0 ? 0 : node.totalUs / root.totalUs;
    if (width < minWidth) return;
    const path = [...above, node.name];
    boxes.push({ node, depth, x, width, path });
    let at = x;
    for (const child of node.children) {
      place(child, at, depth + 1, path);
      at += child.totalUs / root.totalUs;
    }
  };
  place(root, 0, 0, []);
  return boxes;
}

/** The node at the end of `path`; the root where there is none such. */
export function nodeAt(root: FlameNode, path: readonly string[]): FlameNode {
  let at: FlameNode | undefined = root;
  for (const name of path.slice(1)) at = at?.children.find((child) => child.name === name);
  return at ?? root;
}

export function flameDepth(boxes: readonly FlameBox[]): number {
  return boxes.reduce((most, { depth }) => Math.max(most, depth + 1), 0);
}

/** Where a frame comes from, by its label: `name file:line`. */
export function frameKind(label: string): "all" | "engine" | "node" | "library" | "own" {
  if (label === "all") return "all";
  const location = / (\S+:\d+|node:\S+)$/.exec(label)?.[1];
  if (location === undefined) return "engine";
  if (location.startsWith("node:")) return "node";
  return /^(packages|src|dist|chunks)\//.test(location) ? "own" : "library";
}

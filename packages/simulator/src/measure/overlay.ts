/**
 * What the overlay looks like from outside: components, isolated nodes, one-sided links, view fill, in-degree, clustering, path
 * lengths (Leitão et al., HyParView, DSN 2007, §2.3 and §5). Read from the nodes' own active views; changes nothing.
 */
import type { Random } from "../core/random.js";
import type { Cluster } from "../node/cluster.js";

export interface OverlayGraph {
  /** Hosts that run. */
  readonly members: readonly number[];
  /** What each member itself takes for its neighbours, down or not. */
  readonly views: ReadonlyMap<number, readonly number[]>;
}

export function overlayOf(cluster: Cluster): OverlayGraph {
  const members: number[] = [];
  const views = new Map<number, readonly number[]>();
  for (const node of cluster.running()) {
    members.push(node.index);
    views.set(
      node.index,
      node.neighbors().map((id) => cluster.indexOf(id)),
    );
  }
  return { members, views };
}

/** Links of running members that both ends know. */
function mutualLinks({ members, views }: OverlayGraph): Map<number, number[]> {
  const links = new Map<number, number[]>();
  for (const member of members) {
    links.set(
      member,
      views.get(member)!.filter((peer) => views.get(peer)?.includes(member) === true),
    );
  }
  return links;
}

/** Sizes of the connected parts, largest first, over links that both ends know. */
export function components(graph: OverlayGraph): number[] {
  const links = mutualLinks(graph);
  const seen = new Set<number>();
  const sizes: number[] = [];
  for (const start of graph.members) {
    if (seen.has(start)) continue;
    seen.add(start);
    const open = [start];
    let size = 0;
    for (let member = open.pop(); member !== undefined; member = open.pop()) {
      size++;
      for (const peer of links.get(member)!) {
        if (seen.has(peer)) continue;
        seen.add(peer);
        open.push(peer);
      }
    }
    sizes.push(size);
  }
  return sizes.sort((a, b) => b - a);
}

export function isolated(graph: OverlayGraph): number {
  let count = 0;
  for (const links of mutualLinks(graph).values()) if (links.length === 0) count++;
  return count;
}

/** Links of which one end knows nothing, `from>to`. */
export function oneSidedLinks({ members, views }: OverlayGraph): string[] {
  const found: string[] = [];
  for (const member of members) {
    for (const peer of views.get(member)!)
      if (views.get(peer)?.includes(member) !== true) found.push(`${member}>${peer}`);
  }
  return found;
}

/** Share of members whose view is full, and the mean size. */
export function viewFill({ members, views }: OverlayGraph, capacity: number): { full: number; mean: number } {
  let full = 0;
  let total = 0;
  for (const member of members) {
    const size = views.get(member)!.length;
    total += size;
    if (size >= capacity) full++;
  }
  return { full: full / members.length, mean: total / members.length };
}

/** How many members have how many others pointing at them: index is the in-degree. */
export function inDegrees({ members, views }: OverlayGraph): number[] {
  const degrees = new Map<number, number>(members.map((member) => [member, 0]));
  for (const member of members) {
    for (const peer of views.get(member)!) {
      const degree = degrees.get(peer);
      if (degree !== undefined) degrees.set(peer, degree + 1);
    }
  }
  const counts: number[] = [];
  for (const degree of degrees.values()) {
    while (counts.length <= degree) counts.push(0);
    counts[degree]!++;
  }
  return counts;
}

/** Mean share of linked pairs among each member's neighbours (Watts and Strogatz 1998). */
export function clustering(graph: OverlayGraph): number {
  const links = mutualLinks(graph);
  let sum = 0;
  for (const peers of links.values()) {
    if (peers.length < 2) continue;
    let linked = 0;
    for (let one = 0; one < peers.length; one++) {
      const theirs = links.get(peers[one]!)!;
      for (let other = one + 1; other < peers.length; other++) if (theirs.includes(peers[other]!)) linked++;
    }
    sum += linked / ((peers.length * (peers.length - 1)) / 2);
  }
  return sum / links.size;
}

/** Mean and longest shortest path from `sources` random members to all that they reach. */
export function pathLengths(graph: OverlayGraph, sources: number, random: Random): { mean: number; longest: number } {
  const links = mutualLinks(graph);
  let total = 0;
  let pairs = 0;
  let longest = 0;
  for (const source of random.sample(graph.members, sources)) {
    const hops = new Map<number, number>([[source, 0]]);
    const open = [source];
    for (let next = 0; next < open.length; next++) {
      const member = open[next]!;
      const distance = hops.get(member)!;
      longest = Math.max(longest, distance);
      total += distance;
      for (const peer of links.get(member)!) {
        if (hops.has(peer)) continue;
        hops.set(peer, distance + 1);
        open.push(peer);
      }
    }
    pairs += open.length - 1;
  }
  return { mean: total / Math.max(pairs, 1), longest };
}

/** What the tests of whole meshes hold observations to: functions of what nodes said, so that each can be seen to fail. */
import type { Change } from "../cluster/agent-protocol.js";

export interface Seen {
  readonly name: string;
  readonly mesh: string;
  readonly id: string;
  readonly observes: readonly string[];
}

/** An echo that one node asked of another, by name. */
export interface Answer {
  readonly from: string;
  readonly to: string;
  /** Undefined: it answered. */
  readonly code?: string;
}

export function unanswered(answers: readonly Answer[]): string[] {
  if (answers.length === 0) return ["nobody was asked"];
  return answers.flatMap(({ from, to, code }) => (code === undefined ? [] : [`${to} did not answer ${from}: ${code}`]));
}

/** That each node has in its directory a member of every type in its own mesh: it has asked one by name. */
export function missingTypes(nodes: readonly Seen[], types: readonly string[], answers: readonly Answer[]): string[] {
  const problems = unanswered(answers);
  for (const { name, mesh } of nodes) {
    const reached = new Set(
      answers.filter(({ from, code }) => from === name && code === undefined).map(({ to }) => to),
    );
    for (const type of types) {
      if (![...reached].some((to) => to.startsWith(`${mesh}.${type}.`))) problems.push(`${name} reached no ${type}`);
    }
  }
  return problems;
}

/** When each survivor dropped each of the dead, in milliseconds after the kill; undefined where it did not. */
export interface Removal {
  readonly observer: string;
  readonly dead: string;
  readonly ms: number | undefined;
}

export function lateRemovals(removals: readonly Removal[], withinMs: number): string[] {
  if (removals.length === 0) return ["nobody was removed"];
  return removals.flatMap(({ observer, dead, ms }) => {
    if (ms === undefined) return [`${observer} still listed ${dead} after ${withinMs / 1_000} s`];
    return ms > withinMs ? [`${observer} dropped ${dead} after ${(ms / 1_000).toFixed(1)} s`] : [];
  });
}

/** Survivors that were taken for gone. */
export function falseDeaths(
  changes: readonly { readonly observer: string; readonly change: Change }[],
  alive: ReadonlyMap<string, string>,
): string[] {
  return changes.flatMap(({ observer, change }) => {
    const name = alive.get(change.id);
    const gone = change.kind === "dead" || change.kind === "expired" || change.kind === "left";
    return gone && name !== undefined ? [`${observer} took ${name} for ${change.kind}`] : [];
  });
}

export interface SwarmSight {
  readonly name: string;
  readonly id: string;
  /** Its own active view. */
  readonly neighbors: readonly string[];
  readonly gossipReceived: number;
}

/** One overlay of links that both ends hold, and gossip that came to everybody. */
export function swarmProblems(swarm: readonly SwarmSight[], maxNeighbors: number): string[] {
  const problems: string[] = [];
  const byId = new Map(swarm.map((sight) => [sight.id, sight]));
  for (const { name, neighbors, gossipReceived, id } of swarm) {
    if (neighbors.length === 0) problems.push(`${name} has no neighbour`);
    if (neighbors.length > maxNeighbors)
      problems.push(`${name} has ${neighbors.length} neighbours, at most ${maxNeighbors}`);
    if (neighbors.includes(id)) problems.push(`${name} is its own neighbour`);
    for (const neighbor of neighbors)
      if (!byId.has(neighbor)) problems.push(`${name} holds a link to nobody: ${neighbor}`);
    if (gossipReceived === 0) problems.push(`no gossip came to ${name}`);
  }
  const open = swarm.slice(0, 1);
  const reached = new Set(open.map(({ id }) => id));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const neighbor of next.neighbors) {
      const other = byId.get(neighbor);
      if (other === undefined || reached.has(neighbor) || !other.neighbors.includes(next.id)) continue;
      reached.add(neighbor);
      open.push(other);
    }
  }
  if (reached.size !== swarm.length || swarm.length < 2)
    problems.push(`the overlay joins ${reached.size} of ${swarm.length} nodes`);
  return problems;
}

/** Who may not know of a mesh has never listed any of it, nor can name one of its nodes. */
export function isolationProblems(
  nodes: readonly Seen[],
  listings: readonly { readonly observer: Seen; readonly ids: readonly string[] }[],
  changes: readonly { readonly observer: Seen; readonly change: Change }[],
  attempts: readonly Answer[],
): string[] {
  const meshOf = new Map(nodes.map(({ id, mesh }) => [id, mesh]));
  const mayKnow = (observer: Seen, mesh: string | undefined) =>
    mesh === observer.mesh || (mesh !== undefined && observer.observes.includes(mesh));
  const problems: string[] = [];
  for (const { observer, ids } of listings) {
    for (const id of ids) {
      if (!mayKnow(observer, meshOf.get(id)))
        problems.push(`${observer.name} lists ${id.slice(0, 12)} of ${meshOf.get(id)}`);
    }
  }
  for (const { observer, change } of changes) {
    if (!mayKnow(observer, change.mesh))
      problems.push(`${observer.name} heard of ${change.id.slice(0, 12)} of ${change.mesh}`);
  }
  if (listings.length === 0 || changes.length === 0) problems.push("nobody was looked at");
  if (attempts.length === 0) problems.push("nobody tried to cross");
  for (const { from, to, code } of attempts) {
    if (code !== "MESH_E_UNKNOWN_NAME") problems.push(`${from} asked for ${to} and got ${code ?? "an answer"}`);
  }
  return problems;
}

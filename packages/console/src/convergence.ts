/**
 * Whether the cluster has converged (contracts: the `mesh` command): every node, asked over the mesh for its own directory,
 * answers; gateways and consoles list everybody, all others exactly the members of their own mesh and nobody of another. Survivors
 * judge: what the supervisor believes plays no part.
 */
import type { MeshNode, RemoteDirectoryEntry } from "@meshwork/node";
import type { Convergence } from "./api-types.js";

export interface ExpectedCluster {
  /** Live nodes over all meshes, the asking console counted. */
  readonly count?: number;
  /** Full names that must be there. */
  readonly names?: readonly string[];
}

export interface ConvergenceOptions {
  /** For each node's answer. Default 3,000. */
  readonly timeoutMs?: number;
  /** Asked at the same time. Default 16. */
  readonly concurrency?: number;
  /** Types that list all meshes. Default gateway and console. */
  readonly listsAll?: (type: string) => boolean;
  readonly nowMs?: () => number;
}

interface Member {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly type: string;
}

type Asker = Pick<MeshNode, "id" | "name" | "mesh" | "type" | "directory" | "directoryOf">;

export async function checkConvergence(
  node: Asker,
  expected: ExpectedCluster = {},
  options: ConvergenceOptions = {},
): Promise<Convergence> {
  const nowMs = options.nowMs ?? (() => performance.now());
  const startedMs = nowMs();
  const listsAll = options.listsAll ?? ((type) => type === "gateway" || type === "console");
  const { id, name, mesh, type } = node;
  const members = new Map<string, Member>([[id, { id, name, mesh, type }]]);
  for (const entry of node.directory.entries()) members.set(entry.id, entry);

  const missing: { at: string; lacks: string[] }[] = [];
  const unexpected: { at: string; lists: string[] }[] = [];
  const unanswered: { name: string; reason: string }[] = [];

  const known = new Set([...members.values()].map((member) => member.name));
  const absent = (expected.names ?? []).filter((wanted) => !known.has(wanted));
  if (absent.length > 0) missing.push({ at: name, lacks: absent });

  const ask = async (member: Member): Promise<void> => {
    let answer: readonly RemoteDirectoryEntry[];
    try {
      answer = await node.directoryOf(member.id, { timeoutMs: options.timeoutMs ?? 3_000 });
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      unanswered.push({ name: member.name, reason: String(code ?? message ?? error) });
      return;
    }
    const listed = new Map<string, string>([[member.id, member.name]]);
    // One whom it suspects is a live member all the same.
    for (const { id: other, name: otherName, state } of answer)
      if (state === "alive" || state === "suspected") listed.set(other, otherName);
    const wanted = [...members.values()].filter((other) => listsAll(member.type) || other.mesh === member.mesh);
    const wantedIds = new Set(wanted.map((other) => other.id));
    const lacks = wanted.filter((other) => !listed.has(other.id)).map((other) => other.name);
    const lists = [...listed].filter(([listedId]) => !wantedIds.has(listedId)).map(([, listedName]) => listedName);
    if (lacks.length > 0) missing.push({ at: member.name, lacks });
    if (lists.length > 0) unexpected.push({ at: member.name, lists });
  };

  const queue = [...members.values()].filter((member) => member.id !== id);
  const workers = Array.from({ length: Math.min(options.concurrency ?? 16, queue.length) }, async () => {
    for (let member = queue.pop(); member !== undefined; member = queue.pop()) await ask(member);
  });
  await Promise.all(workers);

  const converged =
    missing.length === 0 &&
    unexpected.length === 0 &&
    unanswered.length === 0 &&
    (expected.count === undefined || members.size === expected.count);
  const byName = (a: { at: string }, b: { at: string }) => a.at.localeCompare(b.at);
  return {
    converged,
    live: members.size,
    expected: expected.count ?? null,
    elapsedMs: Math.max(0, nowMs() - startedMs),
    unanswered: unanswered.sort((a, b) => a.name.localeCompare(b.name)),
    missing: missing.sort(byName),
    unexpected: unexpected.sort(byName),
  };
}

/**
 * A process that holds nodes for tests and benchmarks, one or many, steered over IPC (node-hosts.mjs). Each node's own directory is
 * what it reports: every change with the machine's monotonic clock, which all processes share, so that they can be compared.
 *
 * Changes wait up to 10 ms and travel together: where many nodes share the process, a message for each would be its main work.
 */
import { startNode } from "meshwork";

const FLUSH_MS = 10;
const FIRST_NEIGHBOR_POLL_MS = 2;
/** Milliseconds of CLOCK_MONOTONIC. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** By slot, from start to close. */
const nodes = new Map();
/** Of those that closed, told or by themselves: why. */
const ended = new Map();
let changes = [];

process.on("message", async ({ call, kind, slot, ...input }) => {
  let answer;
  try {
    answer = { value: await WORK[kind](slot, input) };
  } catch (error) {
    answer = { error: { code: error.code, message: error.message } };
  }
  // Who was told of a state has been told of the changes that led to it.
  flush();
  process.send({ kind: "answer", call, ...answer });
});
process.on("disconnect", () => process.exit(0));

const WORK = {
  async start(slot, { options }) {
    const node = await startNode(options);
    nodes.set(slot, node);
    void node.closed.then(() => ended.set(slot, { failure: node.failure && { code: node.failure.code } }));
    node.handle("echo", ({ body }) => ({ body }));
    node.directory.onChange((change) => noteChange(slot, change));
    const atMs = nowMs();
    void reportFirstNeighbor(slot, node);
    // What it knew before the listener was there is part of the story of its join.
    return { ...pick(node, ["id", "name", "mesh", "type", "seed", "bootMs"]), atMs, known: knownIds(node) };
  },
  async close(slot, { reason }) {
    const atMs = nowMs();
    await nodes.get(slot).close(reason);
    nodes.delete(slot);
    return { atMs };
  },
  closed: (slot) => ended.get(slot),
  directory: (slot) =>
    nodes
      .get(slot)
      .directory.entries()
      .map(({ id, name, mesh, state, suspectedSinceMs, record }) => {
        const { generation, sequence, addresses } = record;
        return { id, name, mesh, state, suspected: suspectedSinceMs !== undefined, generation, sequence, addresses };
      }),
  departed: (slot) =>
    nodes
      .get(slot)
      .directory.departed()
      .map(({ entry, state, by }) => ({ id: entry.id, generation: entry.record.generation, state, by })),
  neighbors: (slot) => nodes.get(slot).neighbors(),
  stats: (slot) => nodes.get(slot).stats(),
  /** How many each node lists, by slot. */
  sizes: () => [...nodes].map(([slot, node]) => [slot, node.directory.size]),
  request: async (slot, { target, body }) => (await nodes.get(slot).request(target, "echo", body)).text(),
};

function noteChange(slot, change) {
  if (!("entry" in change)) {
    report({ slot, kind: change.kind, missed: change.missed });
    return;
  }
  const { id, mesh, record } = change.entry;
  const { generation, sequence } = record;
  report({ slot, kind: change.kind, id, mesh, generation, sequence, ...("by" in change ? { by: change.by } : {}) });
}

function report(change) {
  if (changes.length === 0) setTimeout(flush, FLUSH_MS);
  changes.push({ ...change, atMs: nowMs() });
}

function flush() {
  if (changes.length > 0 && process.connected) process.send({ kind: "changes", changes });
  changes = [];
}

/** No event tells of the first neighbour, so it is looked for, in the seconds in which there is none yet. */
async function reportFirstNeighbor(slot, node) {
  const untilMs = nowMs() + 10_000;
  while (nodes.get(slot) === node && nowMs() < untilMs) {
    if (node.neighbors().length > 0) {
      report({ slot, kind: "first-neighbor" });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_NEIGHBOR_POLL_MS));
  }
}

const knownIds = (node) => node.directory.entries().map(({ id }) => id);
const pick = (object, keys) => Object.fromEntries(keys.map((key) => [key, object[key]]));

process.send({ kind: "up" });

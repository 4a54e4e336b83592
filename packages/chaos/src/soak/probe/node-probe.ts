/** The probe in a node's process: the node's own directory as it changes, its collections, the soak's traffic, and a leak to be found. */
import type { MeshNode } from "@meshwork/node";
import type { DirectoryEntry } from "@meshwork/protocol";
import { PostOffice } from "../messages/post-office.js";
import { ownFigures, serveProbe } from "./probe-server.js";
import type { SeenMember } from "./protocol.js";

export async function serveNodeProbe(node: MeshNode): Promise<void> {
  const life = node.directory.resolve(node.id).record.bootNonce;
  const post = new PostOffice(node, life);
  void node.closed.then(() => post.stop());
  const server = await serveProbe(process.ppid, {
    figures: ({ collect }) => {
      const { connections, sizes, activeViews } = node.stats();
      return { ...ownFigures(collect), connections, sizes, links: Object.values(activeViews).flat() };
    },
    hello: () => {
      const { id, name, mesh, type } = node;
      return { id, name, mesh, type, life, live: node.directory.entries().map(seen) };
    },
    traffic: ({ intervalMs, seed }) => {
      if (intervalMs === null) post.stop();
      else post.start(intervalMs, seed);
      return {};
    },
    sent: () => post.sentBook(),
    received: ({ forget }) => {
      post.forget(forget);
      return post.receivedBook();
    },
    leak: ({ bytesPerHour }) => {
      plantLeak(bytesPerHour);
      return {};
    },
  });
  node.directory.onChange((change) => {
    if (change.kind !== "lagged") server.push({ kind: change.kind, ...seen(change.entry), atMs: Date.now() });
  });
}

const seen = ({ id, record }: DirectoryEntry): SeenMember => ({ id, life: record.bootNonce });

const BYTES_PER_NUMBER = 8;
const LEAK_INTERVAL_MS = 1_000;

/** Doubles in arrays of their own, which nothing ever lets go. */
function plantLeak(bytesPerHour: number): void {
  const held: number[][] = [];
  const numbers = Math.round(bytesPerHour / 3_600 / (1_000 / LEAK_INTERVAL_MS) / BYTES_PER_NUMBER);
  setInterval(() => held.push(Array.from({ length: numbers }, () => Math.random())), LEAK_INTERVAL_MS).unref();
}

/**
 * Entry of an agent: a process with one node in it, steered over IPC (agent-protocol.ts). Ends with its parent.
 *
 * A message of the background traffic is acknowledged after it was appended to a file: what was acknowledged outlives a SIGKILL, and
 * is there to be counted.
 */
import { Resolver } from "node:dns/promises";
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type DirectoryChange, type MeshNode, startNode } from "@meshwork/node";
import {
  type AgentCall,
  type AgentInput,
  type AgentMessage,
  type AgentOutput,
  type AgentRequest,
  type Change,
  type Listed,
  monotonicMs,
  NOTES_FILE,
  type NoteOutcome,
} from "./agent-protocol.js";

/** What is told travels together: 18 nodes tell of each change at the same time. */
const FLUSH_MS = 10;
const NOTE_TIMEOUT_MS = 3_000;
/** Notes under way at once; above it one is left out. */
const MAX_NOTES_OPEN = 32;

let node: MeshNode | undefined;
let told: { changes: Change[]; notes: NoteOutcome[] } = { changes: [], notes: [] };
let notesTimer: NodeJS.Timeout | undefined;
let notesOpen = 0;
let notesSent = 0;
/** What the agent goes on telling once it is blind. */
let lastSight: { readonly directory: readonly Listed[]; readonly stats: AgentOutput<"stats"> } | undefined;
let burner: Worker | undefined;
const hoard: Buffer[] = [];

type Work = { [K in AgentCall]: (input: AgentInput<K>) => Promise<AgentOutput<K>> | AgentOutput<K> };

const WORK: Work = {
  start: async ({ options }) => {
    const started = await startNode(options);
    node = started;
    const log = openSync(join(options.dataDir ?? ".", NOTES_FILE), "a", 0o600);
    started.handle("lab.echo", ({ body }) => ({ body }));
    started.handle("lab.clock", () => ({ body: `${Date.now()}` }));
    started.handle("lab.note", ({ body }) => {
      writeSync(log, `${Buffer.from(body).toString("utf8")}\n`);
      return undefined;
    });
    for (const entry of started.directory.entries()) noteChange({ kind: "joined", entry, atMs: 0 });
    started.directory.onChange(noteChange);
    const { id, name, mesh, type, seed, bootMs } = started;
    return { id, name, mesh, type, seed, bootMs };
  },
  directory: () => lastSight?.directory ?? listed(),
  stats: () => lastSight?.stats ?? running().stats(),
  echo: async ({ target, timeoutMs }) => {
    refuseBlind();
    const startedAtMs = monotonicMs();
    await running().request(target, "lab.echo", "", { timeoutMs });
    const endedAtMs = monotonicMs();
    return { roundTripMs: endedAtMs - startedAtMs, endedAtMs };
  },
  clockOf: async ({ target }) => {
    refuseBlind();
    const reply = await running().request(target, "lab.clock", "");
    return { aheadMs: Number(reply.text()) - Date.now(), endedAtMs: monotonicMs() };
  },
  notes: ({ intervalMs }) => {
    clearInterval(notesTimer);
    notesTimer = intervalMs > 0 ? setInterval(() => void sendNote(), intervalMs) : undefined;
    return {};
  },
  resolve: async ({ host, timeoutMs }) => {
    const [address = ""] = await new Resolver({ timeout: timeoutMs, tries: 1 }).resolve4(host);
    return { address };
  },
  block: ({ forMs }) => {
    setImmediate(() => {
      const untilMs = monotonicMs() + forMs;
      while (monotonicMs() < untilMs);
    });
    return {};
  },
  burn: async ({ on }) => {
    await burner?.terminate();
    burner = on ? new Worker("for (;;);", { eval: true }) : undefined;
    return {};
  },
  hoard: async ({ bytes }) => {
    for (let taken = 0; taken < bytes; taken += 1 << 20) {
      // Written, so that the pages are there.
      hoard.push(Buffer.alloc(1 << 20, 1));
      await sleep(1);
    }
    return {};
  },
  blind: ({ shut }) => {
    lastSight = shut ? { directory: listed(), stats: running().stats() } : undefined;
    return {};
  },
  failure: () => {
    const failure = node?.failure;
    return failure === undefined ? null : { code: failure.code };
  },
  close: async ({ reason }) => {
    clearInterval(notesTimer);
    await node?.close(reason);
    return {};
  },
};

function running(): MeshNode {
  if (node === undefined) throw new Error("the node has not been started");
  return node;
}

function refuseBlind(): void {
  if (lastSight !== undefined) throw Object.assign(new Error("blind"), { code: "MESH_E_AGENT" });
}

function listed(): Listed[] {
  return running()
    .directory.entries()
    .map(({ id, mesh, suspectedSinceMs, record }) => {
      const { generation, addresses } = record;
      return { id, mesh, suspected: suspectedSinceMs !== undefined, generation, addresses };
    });
}

function noteChange(change: DirectoryChange): void {
  if (change.kind === "lagged" || lastSight !== undefined) return;
  const { id, mesh, record } = change.entry;
  const { generation, addresses } = record;
  told.changes.push({ kind: change.kind, id, mesh, generation, addresses, atMs: monotonicMs() });
  flushSoon();
}

async function sendNote(): Promise<void> {
  const { id: own, mesh, directory } = running();
  const members = directory.entries({ mesh }).filter(({ id }) => id !== own);
  const to = members[Math.floor(Math.random() * members.length)]?.id;
  if (to === undefined || notesOpen >= MAX_NOTES_OPEN) return;
  const note = `${own.slice(0, 12)}-${process.pid}-${notesSent++}`;
  notesOpen += 1;
  try {
    await running().request(to, "lab.note", note, { timeoutMs: NOTE_TIMEOUT_MS });
    told.notes.push({ kind: "acknowledged", note, to, atMs: monotonicMs() });
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    told.notes.push({ kind: "failed", to, code: typeof code === "string" ? code : "unknown", atMs: monotonicMs() });
  } finally {
    notesOpen -= 1;
    flushSoon();
  }
}

let flushTimer: NodeJS.Timeout | undefined;
function flushSoon(): void {
  flushTimer ??= setTimeout(flush, FLUSH_MS);
}

function flush(): void {
  clearTimeout(flushTimer);
  flushTimer = undefined;
  if (told.changes.length + told.notes.length === 0) return;
  post({ kind: "told", ...told });
  told = { changes: [], notes: [] };
}

function post(message: AgentMessage): void {
  if (process.connected) process.send?.(message);
}

async function answer({ call, kind, input }: AgentRequest): Promise<void> {
  try {
    const value = await (WORK[kind] as (input: unknown) => unknown)(input);
    // Who was told of a state has been told of the changes that led to it.
    flush();
    post({ kind: "answer", call, value });
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    post({ kind: "error", call, code: typeof code === "string" ? code : "MESH_E_AGENT", message: String(message) });
  }
}

process.on("message", (request: AgentRequest) => void answer(request));
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  void (node?.close("SIGTERM") ?? Promise.resolve()).then(() => process.exit(0));
});
post({ kind: "up" });

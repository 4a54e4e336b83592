/**
 * A node's senses for a judge: what its own directory says as it says it, its counters, requests and messages as a user's program would
 * send them, and the harm that only its own process can do to it. Carried over IPC in the lab (agent-process.ts), over a socket of the
 * machine's user in a running cluster (attached/senses-server.ts).
 *
 * A message of the background traffic is acknowledged after it was appended to a file: what was acknowledged outlives a SIGKILL, and
 * is there to be counted. Nothing is told and no traffic sent while nobody listens.
 */
import { Resolver } from "node:dns/promises";
import { fstatSync, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { DirectoryChange, MeshNode } from "@meshwork/node";
import {
  type AgentCall,
  type AgentInput,
  type AgentMessage,
  type AgentOutput,
  type AgentRequest,
  type Change,
  type Listed,
  monotonicMs,
  type NoteOutcome,
} from "./agent-protocol.js";

/** What is told travels together: 18 nodes tell of each change at the same time. */
const FLUSH_MS = 10;
const NOTE_TIMEOUT_MS = 3_000;
/** Notes under way at once; above it one is left out. */
const MAX_NOTES_OPEN = 32;
const MAX_NOTE_BYTES = 128;
/** Half a million notes; a run on a running cluster empties the file before each fault. */
const MAX_FILE_BYTES = 16 << 20;

/** Those that an agent answers before it has a node. */
type SenseCall = Exclude<AgentCall, "start" | "close">;
type Work = { [K in SenseCall]: (input: AgentInput<K>) => Promise<AgentOutput<K>> | AgentOutput<K> };

export class Senses {
  readonly #node: MeshNode;
  readonly #work: Work;
  #post: ((message: AgentMessage) => void) | undefined;
  #told: { changes: Change[]; notes: NoteOutcome[] } = { changes: [], notes: [] };
  #flushTimer: NodeJS.Timeout | undefined;
  #notesTimer: NodeJS.Timeout | undefined;
  #noteTargets: ReadonlySet<string> | undefined;
  #notesOpen = 0;
  #notesSent = 0;
  /** What it goes on telling once it is blind. */
  #lastSight: { readonly directory: readonly Listed[]; readonly stats: AgentOutput<"stats"> } | undefined;
  #burner: Worker | undefined;
  readonly #hoard: Buffer[] = [];

  constructor(node: MeshNode, notesFile: string) {
    this.#node = node;
    const log = openSync(notesFile, "a", 0o600);
    node.handle("chaos.echo", ({ body }) => ({ body }));
    node.handle("chaos.clock", () => ({ body: `${Date.now()}` }));
    node.handle("chaos.note", ({ body }) => {
      // Any member may send one.
      if (body.length > MAX_NOTE_BYTES || fstatSync(log).size > MAX_FILE_BYTES) throw new Error("no room for notes");
      writeSync(log, `${Buffer.from(body).toString("utf8")}\n`);
      return undefined;
    });
    node.directory.onChange((change) => this.#noteChange(change));
    this.#work = this.#makeWork();
  }

  /** From here on what the directory says is told, its present entries first. Whoever listened before does no more. */
  open(post: (message: AgentMessage) => void): void {
    this.shut();
    this.#post = post;
    for (const entry of this.#node.directory.entries()) this.#noteChange({ kind: "joined", entry, atMs: 0 });
  }

  /** Nobody listens any more: no traffic, and the senses are as they were. */
  shut(): void {
    clearInterval(this.#notesTimer);
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#told = { changes: [], notes: [] };
    this.#lastSight = undefined;
    void this.#burner?.terminate();
    this.#burner = undefined;
    this.#post = undefined;
  }

  async answer({ call, kind, input }: AgentRequest): Promise<void> {
    try {
      const work = this.#work[kind as SenseCall] as ((input: unknown) => unknown) | undefined;
      if (work === undefined) throw new Error(`no such call: ${kind}`);
      const value = await work(input);
      // Who was told of a state has been told of the changes that led to it.
      this.#flush();
      this.#post?.({ kind: "answer", call, value });
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      const known = typeof code === "string" ? code : "MESH_E_AGENT";
      this.#post?.({ kind: "error", call, code: known, message: String(message) });
    }
  }

  #makeWork(): Work {
    const node = this.#node;
    return {
      directory: () => this.#lastSight?.directory ?? this.#listed(),
      stats: () => this.#lastSight?.stats ?? node.stats(),
      echo: async ({ target, timeoutMs }) => {
        this.#refuseBlind();
        const startedAtMs = monotonicMs();
        const { path } = await node.request(target, "chaos.echo", "", { timeoutMs });
        const endedAtMs = monotonicMs();
        return { roundTripMs: endedAtMs - startedAtMs, endedAtMs, address: path?.address };
      },
      clockOf: async ({ target }) => {
        this.#refuseBlind();
        const reply = await node.request(target, "chaos.clock", "");
        return { aheadMs: Number(reply.text()) - Date.now(), endedAtMs: monotonicMs() };
      },
      notes: ({ intervalMs, among }) => {
        clearInterval(this.#notesTimer);
        this.#noteTargets = among === undefined ? undefined : new Set(among);
        this.#notesTimer = intervalMs > 0 ? setInterval(() => void this.#sendNote(), intervalMs) : undefined;
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
        await this.#burner?.terminate();
        this.#burner = on ? new Worker("for (;;);", { eval: true }) : undefined;
        return {};
      },
      hoard: async ({ bytes }) => {
        for (let taken = 0; taken < bytes; taken += 1 << 20) {
          // Written, so that the pages are there.
          this.#hoard.push(Buffer.alloc(1 << 20, 1));
          await sleep(1);
        }
        return {};
      },
      blind: ({ shut }) => {
        this.#lastSight = shut ? { directory: this.#listed(), stats: node.stats() } : undefined;
        return {};
      },
      failure: () => {
        const { failure } = node;
        return failure === undefined ? null : { code: failure.code };
      },
    };
  }

  #refuseBlind(): void {
    if (this.#lastSight !== undefined) throw Object.assign(new Error("blind"), { code: "MESH_E_AGENT" });
  }

  #listed(): Listed[] {
    return this.#node.directory.entries().map(({ id, mesh, suspectedSinceMs, record }) => {
      const { generation, addresses } = record;
      return { id, mesh, suspected: suspectedSinceMs !== undefined, generation, addresses };
    });
  }

  #noteChange(change: DirectoryChange): void {
    if (change.kind === "lagged" || this.#lastSight !== undefined || this.#post === undefined) return;
    const { id, mesh, record } = change.entry;
    const { generation, addresses } = record;
    this.#told.changes.push({ kind: change.kind, id, mesh, generation, addresses, atMs: monotonicMs() });
    this.#flushSoon();
  }

  async #sendNote(): Promise<void> {
    const { id: own, mesh, directory } = this.#node;
    const members = directory
      .entries({ mesh })
      .filter(({ id }) => id !== own && (this.#noteTargets === undefined || this.#noteTargets.has(id)));
    const to = members[Math.floor(Math.random() * members.length)]?.id;
    if (to === undefined || this.#notesOpen >= MAX_NOTES_OPEN) return;
    const note = `${own.slice(0, 12)}-${process.pid}-${this.#notesSent++}`;
    this.#notesOpen += 1;
    const sentAtMs = monotonicMs();
    try {
      await this.#node.request(to, "chaos.note", note, { timeoutMs: NOTE_TIMEOUT_MS });
      this.#told.notes.push({ kind: "acknowledged", note, to, sentAtMs });
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const known = typeof code === "string" ? code : "unknown";
      this.#told.notes.push({ kind: "failed", to, code: known, sentAtMs });
    } finally {
      this.#notesOpen -= 1;
      this.#flushSoon();
    }
  }

  #flushSoon(): void {
    if (this.#post === undefined) this.#told = { changes: [], notes: [] };
    else this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#told.changes.length + this.#told.notes.length === 0) return;
    this.#post?.({ kind: "told", ...this.#told });
    this.#told = { changes: [], notes: [] };
  }
}

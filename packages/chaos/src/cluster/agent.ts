/** The harness's end of an agent: calls, what it tells, its process. Owner: a ClusterNode; one agent is one life of the node. */
import { type ChildProcess, spawn } from "node:child_process";
import { MeshError } from "@meshwork/protocol";
import { entryPath } from "../entries.js";
import { type LabHost, onHost } from "../lab/host.js";
import {
  type AgentCall,
  type AgentInput,
  type AgentMessage,
  type AgentOutput,
  type Change,
  monotonicMs,
  type NoteOutcome,
} from "./agent-protocol.js";
import { CallBook } from "./call-book.js";

const MAX_OUTPUT_CHARS = 4_000;

export interface AgentOptions {
  /** Undefined: in the machine's own network. */
  readonly host: LabHost | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly onTold: (changes: readonly Change[], notes: readonly NoteOutcome[]) => void;
}

/** As the supervisor gives its nodes. */
const FIXED_ENV = { RUST_BACKTRACE: "0", TOKIO_WORKER_THREADS: "1", MALLOC_ARENA_MAX: "1" } as const;

export class Agent {
  readonly pid: number;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #child: ChildProcess;
  readonly #onTold: AgentOptions["onTold"];
  readonly #calls: CallBook;
  #ended = false;
  #output = "";

  constructor({ host, env, onTold }: AgentOptions) {
    this.#onTold = onTold;
    const program = [process.execPath, entryPath("agent")];
    const alone = process.platform === "linux" ? ["setpriv", "--pdeathsig", "KILL", "--", ...program] : program;
    const [command, ...args] = (host === undefined ? alone : [...onHost(host), ...program]) as [string, ...string[]];
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...FIXED_ENV, ...env },
    });
    this.#child = child;
    this.#calls = new CallBook((request, failed) => {
      child.send(request, (error) => {
        if (error) failed(error);
      });
    });
    this.pid = child.pid ?? 0;
    child.on("message", (message: AgentMessage) => this.#onMessage(message));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        this.#output = (this.#output + chunk).slice(-MAX_OUTPUT_CHARS);
      });
    }
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null) => {
        this.#ended = true;
        this.#calls.end(new MeshError("MESH_E_AGENT", `it ended with ${signal ?? code}: ${this.#output.trim()}`));
        resolve({ code, signal });
      };
      child.once("exit", end);
      child.once("error", () => end(null, "no process"));
    });
  }

  get isAlive(): boolean {
    return !this.#ended;
  }

  call<K extends AgentCall>(kind: K, input: AgentInput<K>, timeoutMs?: number): Promise<AgentOutput<K>> {
    return this.#calls.call(kind, input, timeoutMs);
  }

  /** Resolves with the time just before the signal, once the process is gone. */
  async kill(): Promise<number> {
    const atMs = monotonicMs();
    this.signal("SIGKILL");
    await this.exited;
    return atMs;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  #onMessage(message: AgentMessage): void {
    if (message.kind === "told") this.#onTold(message.changes, message.notes);
    else this.#calls.answered(message);
  }
}

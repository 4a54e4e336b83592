/** The judge's end of a node's senses: calls, and what it tells. Owner: an AttachedNode; one link is one life of the node. */
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { MeshError } from "@meshwork/protocol";
import type {
  AgentCall,
  AgentInput,
  AgentMessage,
  AgentOutput,
  Change,
  NoteOutcome,
} from "../cluster/agent-protocol.js";
import { CallBook } from "../cluster/call-book.js";
import { parseLine } from "./lines.js";

const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MS = 50;

export class SensesLink {
  readonly #socket: Socket;
  readonly #calls: CallBook;
  #ended = false;

  /** Tries for a while: a node is called ready a moment before it listens. Throws MESH_E_AGENT. */
  static async open(path: string, onTold: (changes: readonly Change[], notes: readonly NoteOutcome[]) => void) {
    const deadlineMs = performance.now() + CONNECT_TIMEOUT_MS;
    for (;;) {
      try {
        return new SensesLink(await connected(path), onTold);
      } catch (error) {
        if (performance.now() > deadlineMs)
          throw new MeshError("MESH_E_AGENT", `it does not listen: ${(error as Error).message}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private constructor(socket: Socket, onTold: (changes: readonly Change[], notes: readonly NoteOutcome[]) => void) {
    this.#socket = socket;
    this.#calls = new CallBook((request, failed) => {
      socket.write(`${JSON.stringify(request)}\n`, (error) => {
        if (error) failed(error);
      });
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#calls.end(new MeshError("MESH_E_AGENT", "it has ended"));
    });
    const lines = createInterface({ input: socket }).on("error", () => socket.destroy());
    lines.on("line", (line) => {
      const message = parseLine<AgentMessage>(line);
      if (message === undefined) return;
      if (message.kind === "told") onTold(message.changes, message.notes);
      else this.#calls.answered(message);
    });
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  call<K extends AgentCall>(kind: K, input: AgentInput<K>, timeoutMs?: number): Promise<AgentOutput<K>> {
    return this.#calls.call(kind, input, timeoutMs);
  }

  close(): void {
    this.#socket.destroy();
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
  });
}

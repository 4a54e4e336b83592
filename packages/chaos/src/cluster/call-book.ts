/** Calls to an agent that wait for their answers, over whatever carries them. Owner: the connection; a call ends with its answer, its time-out or the connection. */
import { MeshError } from "@meshwork/protocol";
import type { AgentCall, AgentInput, AgentMessage, AgentOutput, AgentRequest } from "./agent-protocol.js";

/** Above every deadline that an agent has itself; one that is frozen does not answer. */
const CALL_TIMEOUT_MS = 15_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class CallBook {
  readonly #send: (request: AgentRequest, failed: (error: Error) => void) => void;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #ended: Error | undefined;

  constructor(send: (request: AgentRequest, failed: (error: Error) => void) => void) {
    this.#send = send;
  }

  call<K extends AgentCall>(kind: K, input: AgentInput<K>, timeoutMs = CALL_TIMEOUT_MS): Promise<AgentOutput<K>> {
    if (this.#ended !== undefined) return Promise.reject(new MeshError("MESH_E_AGENT", `${kind}: it has ended`));
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(call)?.reject(new MeshError("MESH_E_AGENT", `${kind}: no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(call, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#send({ call, kind, input }, (error) => this.#settle(call)?.reject(error));
    });
  }

  answered(message: AgentMessage): void {
    if (message.kind === "answer") this.#settle(message.call)?.resolve(message.value);
    else if (message.kind === "error")
      this.#settle(message.call)?.reject(Object.assign(new Error(message.message), { code: message.code }));
  }

  end(error: Error): void {
    this.#ended = error;
    for (const call of [...this.#waiting.keys()]) this.#settle(call)?.reject(error);
  }

  #settle(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(call);
    return waiting;
  }
}

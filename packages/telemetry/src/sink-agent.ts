/**
 * The HTTP agents of one exporter, and the means to tear its requests down.
 *
 * The exporter's own time-out is one of socket idleness: a connect that gets no answer, or a collector that sends a byte a
 * second, outlives it by minutes (read in otlp-exporter-base 0.223, http-transport-utils.js). So the sink keeps a deadline
 * and closes the sockets itself. The error has no `code`: the exporter takes those with one for retryable.
 * Owner: the sink. Bounded by the exporter's concurrency limit; `close()` ends it.
 */
import type { Agent } from "node:http";
import type { Socket } from "node:net";

export class SinkAgent {
  readonly #agents: Agent[] = [];
  #closed = false;

  /** Given to the exporter, which calls it once. */
  readonly create = async (protocol: string): Promise<Agent> => {
    const { Agent } = protocol === "https:" ? await import("node:https") : await import("node:http");
    const agent = new Agent({ keepAlive: true, maxFreeSockets: 1 });
    this.#agents.push(agent);
    if (this.#closed) this.#refuse(agent);
    return agent;
  };

  /** Ends all running requests of this exporter; later ones open new sockets. */
  abort(reason: string): void {
    for (const agent of this.#agents) {
      for (const sockets of Object.values(agent.sockets)) destroy(sockets, new Error(reason));
    }
  }

  /** Ends all requests and idle connections, and refuses new ones, so that a retry can't keep the process alive. */
  close(): void {
    this.#closed = true;
    this.abort("the sink is closed");
    for (const agent of this.#agents) {
      agent.destroy();
      this.#refuse(agent);
    }
  }

  #refuse(agent: Agent): void {
    Object.assign(agent, {
      createConnection: () => {
        throw new Error("the sink is closed");
      },
    });
  }
}

function destroy(sockets: readonly Socket[] | undefined, error: Error): void {
  for (const socket of sockets ?? []) socket.destroy(error);
}

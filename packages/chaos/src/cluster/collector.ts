/**
 * A collector of telemetry (OTLP over HTTP) that is as healthy as it is told to be: it takes what it is sent and keeps nothing. Nodes that
 * export to it lose nothing that anybody reads when it fails.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** `gone`: connections are refused; `hanging`: requests are read and never answered. */
export type CollectorState = "ok" | "gone" | "hanging";

export class Collector {
  readonly #server: Server;
  readonly #host: string;
  /** 0 until it has listened, where any will do; then it stays. */
  #port: number;
  #state: CollectorState = "gone";
  /** One change after the other. */
  #changing: Promise<void> = Promise.resolve();

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    this.#server = createServer((request, response) => {
      request.on("data", () => {});
      request.on("end", () => {
        if (this.#state === "hanging") return;
        response.writeHead(200, { "content-type": "application/x-protobuf" });
        response.end();
      });
    });
  }

  /** Once it has listened. */
  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  set(next: CollectorState): Promise<void> {
    const change = this.#changing.catch(() => {}).then(() => this.#change(next));
    this.#changing = change;
    return change;
  }

  async #change(next: CollectorState): Promise<void> {
    const server = this.#server;
    if (next === "gone" && server.listening) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    } else if (next !== "gone" && !server.listening) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(this.#port, this.#host, () => {
          server.off("error", reject);
          resolve();
        });
      });
      this.#port = (server.address() as AddressInfo).port;
    }
    // Whoever was left hanging may try again.
    if (this.#state === "hanging" && next === "ok") server.closeAllConnections();
    this.#state = next;
  }
}

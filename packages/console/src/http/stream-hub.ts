/**
 * The live stream: one snapshot, then four deltas a second to each client in the long run, and a ping where nothing happened for 2 s.
 * Events do not wait for the next of those: they go out at once, up to eight times in a row, and the next then waits the longer.
 *
 * A client whose socket is full is left out until it drains and then gets one delta of all it missed, since deltas are made of
 * state (version-clock.ts): what the console holds per client is at most one message, whatever the client does. One that does not
 * drain for 60 s is closed. Owner: startConsole; a client ends with its connection or with `close()`.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ConsoleError } from "../errors.js";
import type { ConsoleModel } from "../model.js";

const TICK_MS = 250;
const SLOW_MS = 1_000;
/** What happens together goes out together. */
const GATHER_MS = 20;
const MAX_URGENT = 8;
/** The next delta comes a whole tick after an urgent one: as many urgent ones as ticks are no more deltas than ticks alone. */
const URGENT_REFILL_MS = TICK_MS;
const PING_MS = 2_000;
const STUCK_MS = 60_000;

/** `events` and nothing else: nobody looks at figures there. `runtime`: what each node holds. */
type StreamPart = "all" | "events" | "runtime";

interface Client {
  readonly response: ServerResponse;
  readonly release: () => void;
  readonly part: StreamPart;
  cursor: number;
  slowCursor: number;
  slowAtMs: number;
  sentAtMs: number;
  draining: boolean;
}

export interface StreamHubOptions {
  readonly model: ConsoleModel;
  readonly maxClients: number;
  readonly tickMs?: number;
}

export class StreamHub {
  readonly #options: StreamHubOptions;
  readonly #clients = new Set<Client>();
  /** Tells this run's sequence numbers from those of a console before it. */
  readonly run = randomBytes(6).toString("hex");
  #timer: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #urgentLeft = MAX_URGENT;
  #refilledAtMs: number;

  constructor(options: StreamHubOptions) {
    this.#options = options;
    this.#refilledAtMs = options.model.clock.nowMs();
    options.model.onEvent = () => this.#urge();
    options.model.streamClients = () => this.#clients.size;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** Takes over the response. Throws MESH_E_TOO_MANY_STREAMS, MESH_E_INVALID_INPUT before anything is written. */
  open(request: IncomingMessage, response: ServerResponse): void {
    if (this.#clients.size >= this.#options.maxClients)
      throw new ConsoleError("MESH_E_TOO_MANY_STREAMS", `the limit is ${this.#options.maxClients}`);
    const { model } = this.#options;
    const part = partOf(request.url ?? "");
    const nowMs = model.clock.nowMs();
    const client: Client = {
      response,
      release: part === "events" ? () => {} : model.live.attention.hold(),
      part,
      cursor: 0,
      slowCursor: 0,
      slowAtMs: nowMs,
      sentAtMs: nowMs,
      draining: false,
    };
    this.#clients.add(client);
    const end = () => this.#end(client);
    response.once("close", end);
    response.once("error", end);
    response.on("drain", () => {
      client.draining = false;
      client.sentAtMs = model.clock.nowMs();
    });
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    request.socket.setNoDelay(true);
    request.socket.setTimeout(0);
    model.live.sync();
    const since = this.#resumePoint(request.headers["last-event-id"]);
    if (since === undefined) this.#sendSnapshot(client);
    else {
      client.cursor = since;
      client.slowCursor = since;
      const delta = this.#delta(part, since, since, true);
      const seq = model.versions.value;
      if (delta === undefined) this.#send(client, "ping", seq, JSON.stringify({ seq, atMs: model.clock.wallMs() }));
      else this.#send(client, "delta", seq, JSON.stringify(delta));
      client.slowCursor = seq;
    }
    if (this.#timer === undefined) this.#restart();
  }

  #restart(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), this.#options.tickMs ?? TICK_MS);
    this.#timer.unref();
  }

  #urge(): void {
    if (this.#timer === undefined || this.#gathering !== undefined) return;
    const nowMs = this.#options.model.clock.nowMs();
    const refill = Math.floor((nowMs - this.#refilledAtMs) / URGENT_REFILL_MS);
    if (refill > 0) {
      this.#urgentLeft = Math.min(MAX_URGENT, this.#urgentLeft + refill);
      this.#refilledAtMs = nowMs;
    }
    if (this.#urgentLeft === 0) return;
    this.#urgentLeft -= 1;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#tick();
      if (this.#timer !== undefined) this.#restart();
    }, GATHER_MS);
    this.#gathering.unref();
  }

  /** The reader's last sequence number, where a delta from there would be complete. */
  #resumePoint(lastEventId: string | string[] | undefined): number | undefined {
    if (typeof lastEventId !== "string") return undefined;
    const match = /^([0-9a-f]{12})-(\d{1,15})$/.exec(lastEventId);
    if (match === null || match[1] !== this.run) return undefined;
    const seq = Number(match[2]);
    const { model } = this.#options;
    return seq > model.versions.value || seq < model.horizon ? undefined : seq;
  }

  #tick(): void {
    const { model } = this.#options;
    model.live.sync();
    const nowMs = model.clock.nowMs();
    // Clients that are up to date share their cursors: the delta is made and serialised once for all of them.
    const made = new Map<string, string | undefined>();
    for (const client of [...this.#clients]) {
      if (client.draining) {
        if (nowMs - client.sentAtMs > STUCK_MS) client.response.destroy();
        continue;
      }
      const { cursor, slowCursor, part } = client;
      if (cursor < model.horizon && part !== "events") {
        this.#sendSnapshot(client);
        continue;
      }
      const withSlow = part === "all" && nowMs - client.slowAtMs >= SLOW_MS;
      const key = `${part}|${cursor}|${withSlow ? slowCursor : ""}`;
      if (!made.has(key)) {
        const delta = this.#delta(part, cursor, slowCursor, withSlow);
        made.set(key, delta === undefined ? undefined : JSON.stringify(delta));
      }
      const text = made.get(key);
      const seq = model.versions.value;
      if (withSlow) {
        client.slowAtMs = nowMs;
        client.slowCursor = seq;
      }
      if (text !== undefined) this.#send(client, "delta", seq, text);
      else if (nowMs - client.sentAtMs >= PING_MS)
        this.#send(client, "ping", seq, JSON.stringify({ seq, atMs: model.clock.wallMs() }));
    }
  }

  #delta(part: StreamPart, cursor: number, slowCursor: number, withSlow: boolean): object | undefined {
    const { model } = this.#options;
    if (part === "events") return model.eventDelta(cursor);
    return part === "runtime" ? model.runtimeDelta(cursor) : model.delta(cursor, slowCursor, withSlow);
  }

  #sendSnapshot(client: Client): void {
    const { model } = this.#options;
    const snapshot =
      client.part === "events"
        ? model.eventSnapshot()
        : client.part === "runtime"
          ? model.runtimeSnapshot()
          : model.snapshot();
    this.#send(client, "snapshot", snapshot.seq, JSON.stringify(snapshot));
    client.slowCursor = snapshot.seq;
  }

  #send(client: Client, event: string, seq: number, data: string): void {
    client.cursor = seq;
    client.sentAtMs = this.#options.model.clock.nowMs();
    const fits = client.response.write(`id: ${this.run}-${seq}\nevent: ${event}\ndata: ${data}\n\n`);
    if (!fits) client.draining = true;
  }

  #end(client: Client): void {
    if (!this.#clients.delete(client)) return;
    client.release();
    if (this.#clients.size === 0) {
      clearInterval(this.#timer);
      clearTimeout(this.#gathering);
      this.#timer = undefined;
      this.#gathering = undefined;
    }
  }

  /** Ends all streams. */
  close(): void {
    for (const client of [...this.#clients]) {
      client.response.end();
      this.#end(client);
    }
  }
}

/** `?only=events`, `?only=runtime`, or nothing. */
function partOf(url: string): StreamPart {
  const query = new URLSearchParams(url.split("?")[1] ?? "");
  for (const [key, value] of query)
    if (key !== "only" || (value !== "events" && value !== "runtime"))
      throw new ConsoleError("MESH_E_INVALID_INPUT", "the stream takes no query but only=events or only=runtime");
  return (query.get("only") as StreamPart | null) ?? "all";
}

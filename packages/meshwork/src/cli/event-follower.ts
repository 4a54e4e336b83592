/**
 * Follows what happens in the cluster through restarts of the console: each event once, in order. What a stream's messages leave out
 * (they hold the newest 100) is fetched; what the console itself has forgotten is said.
 *
 * The console counts its events from 1 in each run; `#lastId` is the newest that was handed on in `#run`.
 * Owner: one `mesh events --follow`.
 */
import type { EventList, EventView } from "@meshwork/console/api-types";
import { MeshError } from "@meshwork/protocol";
import type { ConsoleClient } from "./console-client.js";
import { eventMessages } from "./event-stream.js";
import { ReportedError } from "./failure.js";

/** The most that the console remembers. */
const MAX_EVENTS = 1_000;

export interface FollowerOptions {
  /** What of the past is told first. */
  readonly past: EventQuery;
  readonly onEvent: (event: EventView) => void;
  /** What a reader should know besides. */
  readonly onNote: (note: string) => void;
}

export interface EventQuery {
  /** The newest so many. */
  readonly limit: number;
  readonly maxAgeMs?: number | undefined;
  readonly mesh?: string | undefined;
}

export class EventFollower {
  readonly #options: FollowerOptions;
  #run: string | undefined;
  #lastId = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Until the stream ends or `signal` aborts. Throws where the console cannot be reached or breaks off. */
  async follow(client: ConsoleClient, signal: AbortSignal, onConnected: () => void): Promise<void> {
    const body = await client.stream("/api/stream?only=events", signal);
    const messages = eventMessages(body);
    try {
      for await (const { run, events } of messages) {
        onConnected();
        await this.#take(client, run, [...events].reverse());
      }
    } catch (error) {
      if (error instanceof MeshError || error instanceof ReportedError) throw error;
      throw new MeshError("MESH_E_NO_CONSOLE", `${client.url}: ${(error as Error).message}`, { cause: error });
    }
  }

  async #take(client: ConsoleClient, run: string, events: readonly EventView[]): Promise<void> {
    if (this.#run === undefined) await this.#tellPast(client, events.at(-1)?.id ?? 0);
    else if (this.#run !== run) {
      this.#lastId = 0;
      this.#options.onNote("the console was started anew; its events begin again, with those whom it found there");
    }
    this.#run = run;
    const unseen = events.filter(({ id }) => id > this.#lastId);
    const next = unseen[0];
    if (next !== undefined && next.id > this.#lastId + 1) await this.#fill(client, next.id);
    for (const event of unseen) this.#tell(event);
  }

  /** What is older than was asked for is not told later either. */
  async #tellPast(client: ConsoleClient, newestId: number): Promise<void> {
    for (const event of await fetchEvents(client, this.#options.past)) this.#tell(event);
    this.#lastId = Math.max(this.#lastId, newestId);
  }

  async #fill(client: ConsoleClient, nextId: number): Promise<void> {
    const held = await fetchEvents(client, { limit: MAX_EVENTS });
    const lacking = held.filter(({ id }) => id > this.#lastId && id < nextId);
    const missed = nextId - 1 - this.#lastId - lacking.length;
    if (missed > 0) this.#options.onNote(`${missed} events were missed: the console has forgotten them`);
    for (const event of lacking) this.#tell(event);
  }

  #tell(event: EventView): void {
    this.#lastId = event.id;
    this.#options.onEvent(event);
  }
}

/** Oldest first. */
export async function fetchEvents(client: ConsoleClient, query: EventQuery): Promise<readonly EventView[]> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  const { events } = await client.get<EventList>(`/api/events?${search}`);
  return events.reverse();
}

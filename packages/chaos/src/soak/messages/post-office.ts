/**
 * The soak's traffic at one node: numbered requests to members that it picks from its own directory, and what it got from others. A life
 * is one run of a node's process (its boot nonce). Numbers count up from 1 for each pair of a sending life and a receiver, so that an
 * acknowledged message can be looked for where it must be, and a book of thousands is one range.
 *
 * Bounds: one pair of range sets per life it has had to do with; the judge names lives that have ended (`forget`), and above `MAX_LIVES`
 * the oldest go. Owner: the probe of a node's process.
 */
import type { MeshNode } from "@meshwork/node";
import { seededRandom } from "../random.js";
import { RangeSet, type Ranges } from "./range-set.js";

export const KEEP_OPERATION = "soak.keep";
const MAX_LIVES = 4_096;
const TIMEOUT_MS = 5_000;
const BODY_BYTES = 200;

export interface SentBook {
  /** By receiving life: the numbers that were acknowledged. */
  readonly acknowledged: Readonly<Record<string, Ranges>>;
  readonly sent: number;
  /** Requests without an answer, by the error's code. Each may or may not have arrived. */
  readonly failed: Readonly<Record<string, number>>;
}

export interface ReceivedBook {
  /** By sending life. */
  readonly received: Readonly<Record<string, Ranges>>;
  /** Numbers that came more than once. */
  readonly doubled: number;
}

export class PostOffice {
  readonly #node: MeshNode;
  readonly #life: string;
  readonly #acknowledged = new Map<string, RangeSet>();
  readonly #received = new Map<string, RangeSet>();
  readonly #failed = new Map<string, number>();
  /** By the receiver's id: numbers without gaps are kept as one range. */
  readonly #numbers = new Map<string, number>();
  #sent = 0;
  #doubled = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(node: MeshNode, life: string) {
    this.#node = node;
    this.#life = life;
    node.handle(KEEP_OPERATION, ({ body }) => {
      const { from, number } = JSON.parse(Buffer.from(body).toString("utf8")) as { from: string; number: number };
      if (!entryOf(this.#received, from).add(number)) this.#doubled += 1;
      return { body: this.#life };
    });
  }

  /** A request each `intervalMs` on average, in an order that `seed` decides as far as the directories agree. */
  start(intervalMs: number, seed: number): void {
    this.stop();
    const random = seededRandom(seed, this.#life);
    const arm = () => {
      this.#timer = setTimeout(
        () => {
          arm();
          void this.#send(random);
        },
        intervalMs * (0.5 + random()),
      );
      this.#timer.unref();
    };
    arm();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  sentBook(): SentBook {
    return { acknowledged: rangesOf(this.#acknowledged), sent: this.#sent, failed: Object.fromEntries(this.#failed) };
  }

  receivedBook(): ReceivedBook {
    return { received: rangesOf(this.#received), doubled: this.#doubled };
  }

  forget(lives: readonly string[]): void {
    for (const life of lives) {
      this.#acknowledged.delete(life);
      this.#received.delete(life);
    }
  }

  async #send(random: () => number): Promise<void> {
    const others = this.#node.directory.entries().filter(({ id, type }) => id !== this.#node.id && type !== "console");
    const target = others[Math.floor(random() * others.length)];
    if (target === undefined) return;
    this.#sent += 1;
    const number = (this.#numbers.get(target.id) ?? 0) + 1;
    // The newest last, so that the oldest go first.
    this.#numbers.delete(target.id);
    this.#numbers.set(target.id, number);
    dropOldest(this.#numbers);
    const body = JSON.stringify({ from: this.#life, number, padding: "" }).padEnd(BODY_BYTES, " ");
    try {
      const reply = await this.#node.request(target.id, KEEP_OPERATION, body, { timeoutMs: TIMEOUT_MS });
      entryOf(this.#acknowledged, reply.text()).add(number);
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const key = typeof code === "string" ? code : "unknown";
      this.#failed.set(key, (this.#failed.get(key) ?? 0) + 1);
    }
  }
}

function entryOf(book: Map<string, RangeSet>, life: string): RangeSet {
  const known = book.get(life);
  if (known !== undefined) return known;
  const made = new RangeSet();
  book.set(life, made);
  dropOldest(book);
  return made;
}

function dropOldest(book: Map<string, unknown>): void {
  if (book.size > MAX_LIVES) book.delete(book.keys().next().value as string);
}

const rangesOf = (book: ReadonlyMap<string, RangeSet>) =>
  Object.fromEntries([...book].map(([life, set]) => [life, set.ranges()]));

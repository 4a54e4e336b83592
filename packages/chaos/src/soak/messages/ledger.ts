/**
 * The judge's books on acknowledged messages, over all lives of all nodes: each number that a sender saw acknowledged must be in the
 * receiver's book, once. Where the receiver's process was ended before its book was read again, nobody can say: such numbers are counted as
 * unverifiable, not as kept.
 *
 * Read in rounds: all senders first, then all receivers, so that what was acknowledged by then must be in the books. Bounds: one entry per
 * pair of lives of which at least one runs; a pair is settled into the totals when either has ended and the other was read after that.
 */
import type { ReceivedBook, SentBook } from "./post-office.js";
import { countOf, missingFrom, type Ranges } from "./range-set.js";

export interface MessageTotals {
  sent: number;
  acknowledged: number;
  verified: number;
  lost: number;
  doubled: number;
  /** Acknowledged by a process that was ended before its book was read, or did not answer when it was last asked. */
  unverifiable: number;
  /** Requests without an answer, by the error's code. */
  failed: Record<string, number>;
}

interface Life {
  sent: SentBook | undefined;
  received: ReceivedBook | undefined;
  /** Rounds in which these were read. */
  sentInRound: number;
  receivedInRound: number;
  ended: boolean;
}

/** At most this many lost messages are named. */
const MAX_NAMED = 20;
const MAX_GONE = 4_096;

export class MessageLedger {
  readonly #lives = new Map<string, Life>();
  readonly #settled: MessageTotals;
  readonly #lost: string[] = [];
  /** Settled lives that a sender may still have in its book, because it did not hear that it can forget them. */
  readonly #gone = new Set<string>();
  #round = 1;

  constructor(settled: MessageTotals = noMessages()) {
    this.#settled = { ...settled, failed: { ...settled.failed } };
  }

  /** Senders are read from here on, then receivers. */
  beginRound(): void {
    this.#round += 1;
  }

  sent(life: string, book: SentBook): void {
    const open = Object.entries(book.acknowledged).filter(([receiver]) => !this.#gone.has(receiver));
    Object.assign(this.#life(life), {
      sent: { ...book, acknowledged: Object.fromEntries(open) },
      sentInRound: this.#round,
    });
  }

  received(life: string, book: ReceivedBook): void {
    Object.assign(this.#life(life), { received: book, receivedInRound: this.#round });
  }

  /** Its process is gone: what is in the books of it is all there will be. */
  ended(life: string): void {
    const known = this.#lives.get(life);
    if (known !== undefined) known.ended = true;
  }

  /**
   * After a round in which all who run were read: settles the pairs of those who have ended, and names them, for the others to forget.
   */
  settle(): string[] {
    const gone = [...this.#lives].filter(([, { ended }]) => ended).map(([life]) => life);
    const isGone = new Set(gone);
    for (const [sender, { sent }] of this.#lives) {
      if (sent === undefined) continue;
      const kept: Record<string, Ranges> = {};
      for (const [receiver, acknowledged] of Object.entries(sent.acknowledged)) {
        if (isGone.has(sender) || isGone.has(receiver)) this.#count(this.#settled, sender, receiver, acknowledged);
        else kept[receiver] = acknowledged;
      }
      (this.#lives.get(sender) as Life).sent = { ...sent, acknowledged: kept };
    }
    for (const life of gone) {
      this.#addOwn(this.#settled, this.#lives.get(life) as Life);
      this.#lives.delete(life);
      this.#gone.add(life);
      if (this.#gone.size > MAX_GONE) this.#gone.delete(this.#gone.values().next().value as string);
    }
    return gone;
  }

  /** Settled and open pairs together. */
  totals(): MessageTotals {
    const totals = { ...this.#settled, failed: { ...this.#settled.failed } };
    for (const [sender, life] of this.#lives) {
      this.#addOwn(totals, life);
      for (const [receiver, acknowledged] of Object.entries(life.sent?.acknowledged ?? {}))
        this.#count(totals, sender, receiver, acknowledged);
    }
    return totals;
  }

  /** `sender → receiver #number`, the first few. */
  lostOnes(): readonly string[] {
    this.totals();
    return this.#lost;
  }

  lives(): readonly string[] {
    return [...this.#lives.keys()];
  }

  #life(life: string): Life {
    const known = this.#lives.get(life);
    if (known !== undefined) return known;
    const made: Life = { sent: undefined, received: undefined, sentInRound: 0, receivedInRound: 0, ended: false };
    this.#lives.set(life, made);
    return made;
  }

  #addOwn(totals: MessageTotals, { sent, received }: Life): void {
    totals.sent += sent?.sent ?? 0;
    totals.doubled += received?.doubled ?? 0;
    for (const [code, count] of Object.entries(sent?.failed ?? {}))
      totals.failed[code] = (totals.failed[code] ?? 0) + count;
  }

  #count(totals: MessageTotals, sender: string, receiver: string, acknowledged: Ranges): void {
    const count = countOf(acknowledged);
    totals.acknowledged += count;
    const life = this.#lives.get(receiver);
    const missing = missingFrom(acknowledged, life?.received?.received[sender] ?? []);
    totals.verified += count - missing.length;
    if (missing.length === 0) return;
    // The book of one who has ended, or was frozen when it was asked, may be older than the acknowledgement.
    const stale = (life?.receivedInRound ?? 0) < (this.#lives.get(sender)?.sentInRound ?? 0);
    if (life === undefined || life.ended || stale) totals.unverifiable += missing.length;
    else {
      totals.lost += missing.length;
      for (const number of missing) {
        const name = `${sender} → ${receiver} #${number}`;
        if (this.#lost.length < MAX_NAMED && !this.#lost.includes(name)) this.#lost.push(name);
      }
    }
  }
}

export function noMessages(): MessageTotals {
  return { sent: 0, acknowledged: 0, verified: 0, lost: 0, doubled: 0, unverifiable: 0, failed: {} };
}

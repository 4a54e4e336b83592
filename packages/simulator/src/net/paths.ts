/**
 * The paths between hosts: latency, loss, and what is broken. Directed: a partition or a cut may let one way through.
 *
 * Owner: Network. Faults are set and lifted by the scenario; their number is the scenario's.
 */
import { hashedUnit, type Random } from "../core/random.js";
import type { World } from "../core/world.js";
import { HostLinks } from "./host-links.js";
import type { NetProfile } from "./profile.js";

/** Assumed before a round trip is known, as RFC 9002 has it: 3 × 333 ms. */
export const INITIAL_PTO_MS = 1_000;
const MAX_ACK_DELAY_MS = 25;
/** Of one frame, one after the other. */
const MAX_LOSSES = 8;
const PAIR_FACTOR = 0x10_0000;

/** What was broken between two changes; the latest ended at `untilMs`. */
interface Broken {
  readonly untilMs: number;
  readonly side: ((host: number) => number) | undefined;
  readonly sideCut: (from: number, to: number) => boolean;
  readonly cuts: ReadonlySet<number>;
}

export class Paths {
  readonly profile: NetProfile;
  readonly hosts = new HostLinks();
  /** How far back `openThroughout` can look; 0 keeps nothing. */
  remembersMs = 0;
  loss: number;
  duplication: number;
  jitterMs: number;
  readonly #world: World;
  readonly #random: Random;
  readonly #latencySeed: number;
  /** Partition: hosts of different sides do not reach each other, in the directions that are cut. */
  #side: ((host: number) => number) | undefined;
  #sideCut: (from: number, to: number) => boolean = () => true;
  readonly #cuts = new Set<number>();
  /** Frames of these directed pairs are held up until the time. */
  readonly #clogs = new Map<number, number>();
  readonly #onChange: () => void;
  /** In order; what is older than `remembersMs` leaves with the next change. */
  #past: Broken[] = [];

  constructor(world: World, profile: NetProfile, onChange: () => void) {
    this.#world = world;
    this.profile = profile;
    this.loss = profile.loss;
    this.duplication = profile.duplication;
    this.jitterMs = profile.jitterMs;
    this.#random = world.random.fork();
    this.#latencySeed = this.#random.int(0x1_0000_0000);
    this.#onChange = onChange;
  }

  /** One way, without jitter. */
  latencyMs(a: number, b: number): number {
    const { latencyMinMs, latencyMaxMs } = this.profile;
    const extraMs = this.hosts.delayMs(a, b);
    if (latencyMinMs === latencyMaxMs) return latencyMinMs + extraMs;
    const unit = a < b ? hashedUnit(this.#latencySeed, a, b) : hashedUnit(this.#latencySeed, b, a);
    return latencyMinMs + unit * (latencyMaxMs - latencyMinMs) + extraMs;
  }

  /** One packet that gets through. */
  transitMs(from: number, to: number): number {
    const plain = this.latencyMs(from, to);
    return this.jitterMs === 0 ? plain : plain + this.#random.next() * this.jitterMs;
  }

  lost(from: number, to: number): boolean {
    return this.#random.chance(this.hosts.size === 0 ? this.loss : this.#lossBetween(from, to));
  }

  duplicated(): boolean {
    return this.#random.chance(this.duplication);
  }

  /** QUIC's probe time-out (RFC 9002 §6.2.1): smoothed round trip, four variations, the peer's acknowledgement delay. */
  ptoMs(from: number, to: number): number {
    return 2 * this.latencyMs(from, to) + 4 * Math.max(1, this.jitterMs) + MAX_ACK_DELAY_MS;
  }

  /**
   * What the losses of one frame cost until a transmission gets through: the time-out doubles with each (RFC 9002 §6.2.1), up to the time to the
   * next keep-alive, whose acknowledgement tells that what was sent before is lost (§6.1).
   */
  retransmissionMs(from: number, to: number): number {
    if (this.#lossBetween(from, to) <= 0 || !this.lost(from, to)) return 0;
    let ptoMs = this.ptoMs(from, to);
    let delayMs = ptoMs;
    for (let losses = 1; losses < MAX_LOSSES && this.lost(from, to); losses++) {
      ptoMs = Math.min(2 * ptoMs, this.profile.keepAliveMs);
      delayMs += ptoMs;
    }
    return delayMs;
  }

  #lossBetween(from: number, to: number): number {
    return 1 - (1 - this.loss) * (1 - this.hosts.loss(from, to));
  }

  get faulty(): boolean {
    return this.#side !== undefined || this.#cuts.size > 0;
  }

  /** True where something may have been broken or clogged since then, as far as is remembered. */
  wasFaultySince(sinceMs: number): boolean {
    return this.faulty || this.#clogs.size > 0 || this.#past.some(({ untilMs }) => untilMs > sinceMs);
  }

  blocked(from: number, to: number): boolean {
    return isBroken(from, to, this.#side, this.#sideCut, this.#cuts);
  }

  /**
   * True where at every moment since `sinceMs` packets went to and fro between the two, directly or through one of `others`. A clogged
   * path counts as broken for all that time.
   */
  openThroughout(a: number, b: number, others: readonly number[], sinceMs: number): boolean {
    const clogged = (from: number, to: number) => (this.#clogs.get(from * PAIR_FACTOR + to) ?? 0) >= sinceMs;
    const now = { untilMs: this.#world.nowMs, side: this.#side, sideCut: this.#sideCut, cuts: this.#cuts };
    const states: Broken[] = [...this.#past.filter(({ untilMs }) => untilMs > sinceMs), now];
    return states.every(({ side, sideCut, cuts }) => {
      const way = (from: number, to: number) => !clogged(from, to) && !isBroken(from, to, side, sideCut, cuts);
      const open = (one: number, other: number) => way(one, other) && way(other, one);
      return open(a, b) || others.some((middle) => open(a, middle) && open(middle, b));
    });
  }

  /** Time until which frames from `from` to `to` are held up; 0 where they are not. */
  cloggedUntilMs(from: number, to: number): number {
    if (this.#clogs.size === 0) return 0;
    const key = from * PAIR_FACTOR + to;
    const untilMs = this.#clogs.get(key) ?? 0;
    if (untilMs !== 0 && untilMs + this.remembersMs <= this.#world.nowMs) this.#clogs.delete(key);
    return untilMs;
  }

  /** Parts the network. `cut(a, b)` says whether side a's packets to side b are lost; all by default. */
  partition(sideOf: (host: number) => number, cut: (from: number, to: number) => boolean = () => true): void {
    this.#remember();
    this.#side = sideOf;
    this.#sideCut = cut;
    this.#onChange();
  }

  /** Ends the partition. Cuts and clogs of single paths stay. */
  join(): void {
    this.#remember();
    this.#side = undefined;
    this.#onChange();
  }

  cut(from: number, to: number): void {
    this.#remember();
    this.#cuts.add(from * PAIR_FACTOR + to);
    this.#onChange();
  }

  mend(from: number, to: number): void {
    if (!this.#cuts.has(from * PAIR_FACTOR + to)) return;
    this.#remember();
    this.#cuts.delete(from * PAIR_FACTOR + to);
    this.#onChange();
  }

  clog(from: number, to: number, forMs: number): void {
    this.#clogs.set(from * PAIR_FACTOR + to, this.#world.nowMs + forMs);
  }

  /** Both ways down for `downMs`, up for `upMs`, and so on until `untilMs`. */
  flap(a: number, b: number, upMs: number, downMs: number, untilMs: number): void {
    if (this.#world.nowMs >= untilMs) return;
    this.cut(a, b);
    this.cut(b, a);
    this.#world.after(downMs, () => {
      this.mend(a, b);
      this.mend(b, a);
      this.#world.after(upMs, () => this.flap(a, b, upMs, downMs, untilMs));
    });
  }

  /** Everything heals: partition, cuts, clogs, loss and jitter beyond the profile's. */
  healAll(): void {
    this.#remember();
    this.#side = undefined;
    this.#cuts.clear();
    for (const key of this.#clogs.keys()) this.#clogs.set(key, this.#world.nowMs);
    this.loss = this.profile.loss;
    this.duplication = this.profile.duplication;
    this.jitterMs = this.profile.jitterMs;
    this.#onChange();
  }

  /** Keeps what is broken until now, before it changes. */
  #remember(): void {
    const { nowMs } = this.#world;
    this.#past = this.#past.filter(({ untilMs }) => untilMs > nowMs - this.remembersMs);
    if (this.remembersMs === 0) return;
    this.#past.push({ untilMs: nowMs, side: this.#side, sideCut: this.#sideCut, cuts: new Set(this.#cuts) });
  }
}

function isBroken(
  from: number,
  to: number,
  side: Broken["side"],
  sideCut: Broken["sideCut"],
  cuts: ReadonlySet<number>,
): boolean {
  if (side !== undefined) {
    const a = side(from);
    const b = side(to);
    if (a !== b && sideCut(a, b)) return true;
  }
  return cuts.size > 0 && cuts.has(from * PAIR_FACTOR + to);
}

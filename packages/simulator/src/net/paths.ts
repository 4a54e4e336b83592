/**
 * The paths between hosts: latency, loss, and what is broken. Directed: a partition or a cut may let one way through.
 *
 * Owner: Network. Faults are set and lifted by the scenario; their number is the scenario's.
 */
import { hashedUnit, type Random } from "../core/random.js";
import type { World } from "../core/world.js";
import type { NetProfile } from "./profile.js";

/** Assumed before a round trip is known, as RFC 9002 has it: 3 × 333 ms. */
export const INITIAL_PTO_MS = 1_000;
const MAX_ACK_DELAY_MS = 25;
const PAIR_FACTOR = 0x10_0000;

export class Paths {
  readonly profile: NetProfile;
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
    if (latencyMinMs === latencyMaxMs) return latencyMinMs;
    const unit = a < b ? hashedUnit(this.#latencySeed, a, b) : hashedUnit(this.#latencySeed, b, a);
    return latencyMinMs + unit * (latencyMaxMs - latencyMinMs);
  }

  /** One packet that gets through. */
  transitMs(from: number, to: number): number {
    const plain = this.latencyMs(from, to);
    return this.jitterMs === 0 ? plain : plain + this.#random.next() * this.jitterMs;
  }

  lost(): boolean {
    return this.#random.chance(this.loss);
  }

  duplicated(): boolean {
    return this.#random.chance(this.duplication);
  }

  /** QUIC's probe time-out (RFC 9002 §6.2.1): smoothed round trip, four variations, the peer's acknowledgement delay. */
  ptoMs(from: number, to: number): number {
    return 2 * this.latencyMs(from, to) + 4 * Math.max(1, this.jitterMs) + MAX_ACK_DELAY_MS;
  }

  /** What the losses of one frame cost until a transmission gets through: the time-out doubles with each (RFC 9002 §6.2.1). */
  retransmissionMs(from: number, to: number): number {
    if (this.loss <= 0 || !this.lost()) return 0;
    const ptoMs = this.ptoMs(from, to);
    let losses = 1;
    while (losses < 8 && this.lost()) losses++;
    return ptoMs * (2 ** losses - 1);
  }

  get faulty(): boolean {
    return this.#side !== undefined || this.#cuts.size > 0;
  }

  blocked(from: number, to: number): boolean {
    if (this.#side !== undefined) {
      const a = this.#side(from);
      const b = this.#side(to);
      if (a !== b && this.#sideCut(a, b)) return true;
    }
    return this.#cuts.size > 0 && this.#cuts.has(from * PAIR_FACTOR + to);
  }

  /** Time until which frames from `from` to `to` are held up; 0 where they are not. */
  cloggedUntilMs(from: number, to: number): number {
    if (this.#clogs.size === 0) return 0;
    const key = from * PAIR_FACTOR + to;
    const untilMs = this.#clogs.get(key) ?? 0;
    if (untilMs !== 0 && untilMs <= this.#world.nowMs) this.#clogs.delete(key);
    return untilMs;
  }

  /** Parts the network. `cut(a, b)` says whether side a's packets to side b are lost; all by default. */
  partition(sideOf: (host: number) => number, cut: (from: number, to: number) => boolean = () => true): void {
    this.#side = sideOf;
    this.#sideCut = cut;
    this.#onChange();
  }

  /** Ends the partition. Cuts and clogs of single paths stay. */
  join(): void {
    this.#side = undefined;
    this.#onChange();
  }

  cut(from: number, to: number): void {
    this.#cuts.add(from * PAIR_FACTOR + to);
    this.#onChange();
  }

  mend(from: number, to: number): void {
    if (this.#cuts.delete(from * PAIR_FACTOR + to)) this.#onChange();
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
    this.#side = undefined;
    this.#cuts.clear();
    this.#clogs.clear();
    this.loss = this.profile.loss;
    this.duplication = this.profile.duplication;
    this.jitterMs = this.profile.jitterMs;
    this.#onChange();
  }
}

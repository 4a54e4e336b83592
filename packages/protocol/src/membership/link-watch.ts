/**
 * A watched link: when its peer was last heard, on which paths, and whether both ends hold the link for one.
 *
 * Both ends watch from NeighborUp; a peer that probes without being our neighbour is only looked at for one-sidedness: others watch
 * its life. The smaller id probes once a second whatever else flows, so that the larger one can tell from a probe that the link
 * is a link at the other end too.
 *
 * Owner: Detector. Removed by Disconnect (`neighbor-down` of a link that is not suspected), by death, when the member is gone,
 * or, without NeighborUp, when the probes stop.
 */
import type { Suspicion } from "./suspicion.js";

/** A link is mended when it has been one-sided for this long, and dropped after as long again. */
export const ONE_SIDED_AFTER_MS = 5_000;
/** Probes come once a second: after three without one, whoever is no neighbour has thought better of it. */
const PROBES_STOPPED_MS = 3_000;

export class LinkWatch {
  readonly peer: string;
  /** NeighborUp has come, and no NeighborDown. */
  up: boolean;
  /** No connection is left: probes have to dial. */
  lost = false;
  /** Last byte over a connection of ours, or the start of the watch. */
  heardAtMs: number;
  /** Last sign of life on any path. */
  lifeAtMs: number;
  suspicion: Suspicion | undefined;
  /** Since when one of the ends alone has held the link: from NeighborUp or the first probe. */
  #upAtMs: number;
  #probedSinceMs: number | undefined;
  #probedAtMs: number | undefined;
  #repaired = false;

  constructor(peer: string, up: boolean, nowMs: number) {
    this.peer = peer;
    this.up = up;
    this.heardAtMs = nowMs;
    this.lifeAtMs = nowMs;
    this.#upAtMs = nowMs;
  }

  neighborUp(nowMs: number): void {
    if (!this.up) {
      this.#upAtMs = nowMs;
      this.#repaired = false;
    }
    this.up = true;
    this.lost = false;
  }

  /** A byte came over a connection of ours. Times of the future are taken for now, of the past for what they are. */
  heard(atMs: number, nowMs: number): void {
    const heardAtMs = Math.min(atMs, nowMs);
    if (heardAtMs > this.heardAtMs) {
      this.heardAtMs = heardAtMs;
      this.lost = false;
    }
    this.lifeAtMs = Math.max(this.lifeAtMs, this.heardAtMs);
  }

  reachedIndirectly(atMs: number): void {
    this.lifeAtMs = Math.max(this.lifeAtMs, atMs);
  }

  probed(nowMs: number): void {
    if (this.#probedAtMs === undefined || nowMs - this.#probedAtMs > PROBES_STOPPED_MS) this.#probedSinceMs = nowMs;
    this.#probedAtMs = nowMs;
  }

  /** The clocks start anew: what was not heard while we slept means nothing. */
  restart(nowMs: number): void {
    this.heardAtMs = nowMs;
    this.lifeAtMs = nowMs;
    this.#upAtMs = nowMs;
    if (this.#probedAtMs !== undefined) {
      this.#probedSinceMs = nowMs;
      this.#probedAtMs = nowMs;
    }
    this.#repaired = false;
  }

  /** True where the link is not ours and the probes have stopped: nothing is left to watch. */
  isOver(nowMs: number): boolean {
    return !this.up && !this.lost && this.suspicion === undefined && nowMs >= this.#stoppedAtMs();
  }

  /**
   * Which end is missing, where one is: `theirs` where the smaller id does not probe the neighbour that we hold it for, `ours`
   * where a peer probes whom we do not hold for a neighbour. `due` says what is to be done about it, once each.
   */
  takeOneSided(probesUs: boolean, nowMs: number): { missing: "ours" | "theirs"; due: "repair" | "drop" } | undefined {
    const sinceMs = this.#oneSidedSinceMs(probesUs);
    if (sinceMs === undefined) {
      this.#repaired = false;
      return undefined;
    }
    const missing = this.up ? "theirs" : "ours";
    if (nowMs - sinceMs >= 2 * ONE_SIDED_AFTER_MS) return { missing, due: "drop" };
    if (nowMs - sinceMs < ONE_SIDED_AFTER_MS || this.#repaired) return undefined;
    this.#repaired = true;
    return { missing, due: "repair" };
  }

  /** `probesUs`: the other end has the smaller id, so that its probes are due here. */
  #oneSidedSinceMs(probesUs: boolean): number | undefined {
    if (!this.up) return this.#probedSinceMs;
    return probesUs ? Math.max(this.#upAtMs, this.#probedAtMs ?? this.#upAtMs) : undefined;
  }

  #stoppedAtMs(): number {
    return (this.#probedAtMs ?? this.#upAtMs) + PROBES_STOPPED_MS;
  }
}

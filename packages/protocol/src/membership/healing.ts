/**
 * Healing: how the parts of a mesh that was split find each other again. A pure machine.
 *
 * 1. An isolated node tries a target every 5 s, any other one every max(5 s, 5 s × live / 3), ± 25 %: of a whole mesh that is a dial
 *    every 1.7 s at the most, whatever its size. No targets, no dials; one dial of a node at a time.
 * 2. A contact that shares our topic joins with High priority once and is protected from eviction for a minute; the two sync.
 *    One that does not is refused and never dialled again.
 * 3. Where the sync shows that more than the contact itself had been apart, one `merged` digest is flooded. Who hears it syncs
 *    with a neighbour within 3 s, and publishes once more where its bit is set: at most once per 5 s and once per minute.
 * 4. Three distinct contacts within a minute, our own or heard of, end it: no dials for a minute after, but by the isolated.
 * 5. Records cross in an instant, and then everybody is live to everybody and no target any more: whether links cross too is looked at
 *    by some of each part (crossing.ts).
 *
 * Bounds: healing-targets.ts; crossing.ts; 16 contacts. Owner: the node, one for its own mesh.
 */
import { isBuriedIn, type MergedDigest } from "../wire/merged.js";
import { Crossing } from "./crossing.js";
import { type HealingTarget, HealingTargets } from "./healing-targets.js";
import { jittered } from "./jitter.js";

export const HEALING_INTERVAL_MS = 5_000;
/** So many contacts of a split mesh per interval, all nodes together. */
export const CONTACTS_PER_INTERVAL = 3;
export const CONTACTS_TO_END = 3;
export const PROTECT_MS = 60_000;
const JITTER = 0.25;
/** A dial ends within 5 s; what is not answered for longer is forgotten. */
const DIAL_TIMEOUT_MS = 10_000;
const EPISODE_MS = 60_000;
const MIN_REACTION_GAP_MS = 5_000;
const SYNC_WITHIN_MS = 3_000;
/** The buried publish over this time per live member, so that a heal of 1,000 is not 1,000 floods at once. */
const REPUBLISH_PER_MEMBER_MS = 10;
const MIN_REPUBLISH_MS = 2_000;
const MAX_CONTACTS = 16;

export type HealingEvent =
  | { readonly kind: "seeds"; readonly targets: readonly HealingTarget[] }
  /** A member was declared dead, or expired. */
  | { readonly kind: "lost"; readonly target: HealingTarget }
  /** A member joined or came back. */
  | { readonly kind: "alive"; readonly id: string }
  | { readonly kind: "left"; readonly id: string }
  /** Neighbours in the own topic, and live members, oneself included. */
  | { readonly kind: "view"; readonly neighbors: ReadonlySet<string>; readonly live: number }
  /** A dial of ours succeeded. `shared`: its hello has our topic; `observer`: but its mesh is another. */
  | { readonly kind: "contacted"; readonly peer: string; readonly shared: boolean; readonly observer?: boolean }
  | { readonly kind: "dial-failed"; readonly peer: string }
  /** The sync with a contact is through. `apart`: records that were new to one side, and buried ones that turned out to live. */
  | { readonly kind: "synced"; readonly peer: string; readonly apart: number }
  /** A merged digest of a known member (live or held for dead), signature verified. */
  | { readonly kind: "merged"; readonly merged: MergedDigest }
  | { readonly kind: "tick" };

export type HealingOutput =
  | { readonly kind: "dial"; readonly target: HealingTarget }
  /** Join the topic through it, with High priority, and keep it from being evicted for so long; then sync with it. */
  | { readonly kind: "join"; readonly peer: string; readonly protectMs: number }
  /** Sign and broadcast a `MergedDigest` of this contact, with all ids held for dead. */
  | { readonly kind: "announce"; readonly contact: string; readonly nonce: number }
  | { readonly kind: "sync-neighbor"; readonly afterMs: number }
  /** Publish the own record with the next sequence. */
  | { readonly kind: "republish"; readonly afterMs: number }
  /** Another mesh: `mesh_mismatch`. */
  | { readonly kind: "refused"; readonly peer: string };

export interface HealingDecision {
  readonly outputs: readonly HealingOutput[];
  /** `Infinity` without targets. */
  readonly nextAtMs: number;
}

export interface HealingOptions {
  readonly self: string;
  readonly random: () => number;
}

/** Mean time between two dials of one node. */
export function healingIntervalMs(neighbors: number, live: number): number {
  if (neighbors === 0) return HEALING_INTERVAL_MS;
  return Math.max(HEALING_INTERVAL_MS, (HEALING_INTERVAL_MS * live) / CONTACTS_PER_INTERVAL);
}

export class Healing {
  readonly #self: string;
  readonly #random: () => number;
  readonly #targets = new HealingTargets();
  readonly #crossing: Crossing;
  /** Contacts of the present episode, as issuer/contact. */
  readonly #contacts = new Map<string, number>();
  /** Kept by whoever tells of the view. */
  #neighbors: ReadonlySet<string> = new Set();
  #hadNeighbors = false;
  #live = 1;
  #dialling: { readonly target: HealingTarget; readonly atMs: number } | undefined;
  #nextDialAtMs = Number.POSITIVE_INFINITY;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #reactedAtMs = Number.NEGATIVE_INFINITY;
  #republishedAtMs = Number.NEGATIVE_INFINITY;
  #announcedAtMs = Number.NEGATIVE_INFINITY;
  #announcements = 0;
  #outputs: HealingOutput[] = [];

  constructor(options: HealingOptions) {
    this.#self = options.self;
    this.#random = options.random;
    this.#crossing = new Crossing(options.random);
  }

  get size(): number {
    return this.#targets.size + this.#crossing.size + this.#contacts.size;
  }

  handle(event: HealingEvent, nowMs: number): HealingDecision {
    this.#note(event, nowMs);
    this.#evaluate(nowMs);
    const outputs = this.#outputs;
    this.#outputs = [];
    return { outputs, nextAtMs: Math.min(this.#nextDialAtMs, this.#crossing.nextAtMs) };
  }

  #note(event: HealingEvent, nowMs: number): void {
    switch (event.kind) {
      case "seeds":
        for (const target of event.targets) if (target.id !== this.#self) this.#targets.seed(target, nowMs);
        break;
      case "lost":
        if (event.target.id !== this.#self) this.#targets.lost(event.target, nowMs);
        this.#crossing.delete(event.target.id);
        break;
      case "alive":
        this.#alive(event.id, nowMs);
        break;
      case "left":
        this.#targets.left(event.id, nowMs);
        this.#crossing.delete(event.id);
        break;
      case "view": {
        const isolatedNow = event.neighbors.size === 0 && this.#hadNeighbors;
        this.#neighbors = event.neighbors;
        this.#hadNeighbors = event.neighbors.size > 0;
        this.#live = event.live;
        if (isolatedNow) this.#nextDialAtMs = Math.min(this.#nextDialAtMs, this.#draw(nowMs));
        break;
      }
      case "contacted":
        this.#contacted(event.peer, event.shared, event.observer === true, nowMs);
        break;
      case "dial-failed":
        if (this.#dialling?.target.id === event.peer) this.#dialling = undefined;
        break;
      case "synced":
        this.#count(this.#self, event.peer, nowMs);
        if (event.apart <= 1 || nowMs - this.#announcedAtMs < MIN_REACTION_GAP_MS) break;
        this.#announcedAtMs = nowMs;
        this.#outputs.push({ kind: "announce", contact: event.peer, nonce: ++this.#announcements });
        break;
      case "merged":
        this.#merged(event.merged, nowMs);
        break;
      case "tick":
        break;
      default:
        event satisfies never;
    }
  }

  #alive(id: string, nowMs: number): void {
    const back = this.#targets.alive(id, nowMs);
    if (back !== undefined) this.#crossing.returned(back, this.#live, nowMs);
  }

  #contacted(peer: string, shared: boolean, observer: boolean, nowMs: number): void {
    const dialled = this.#dialling?.target.id === peer ? this.#dialling.target : undefined;
    if (dialled !== undefined) this.#dialling = undefined;
    if (!this.#targets.has(peer) && !this.#crossing.has(peer)) return;
    // An observer leads to the mesh, and is never found alive in its directory: it would be dialled for ever.
    if (shared && observer) this.#targets.refuse(peer);
    if (!shared) {
      this.#targets.refuse(peer);
      this.#crossing.delete(peer);
      this.#outputs.push({ kind: "refused", peer });
      return;
    }
    // Who boots through a seed has its newcomer's syncs.
    const wasLost = this.#targets.isLost(peer) || this.#crossing.has(peer);
    if (dialled !== undefined && wasLost && !observer) this.#crossing.found(dialled, nowMs);
    this.#outputs.push({ kind: "join", peer, protectMs: PROTECT_MS });
  }

  #merged(merged: MergedDigest, nowMs: number): void {
    if (merged.issuer === this.#self) return;
    const isNews = this.#count(merged.issuer, merged.contact, nowMs);
    if (isNews && nowMs - this.#reactedAtMs >= MIN_REACTION_GAP_MS) {
      this.#reactedAtMs = nowMs;
      this.#outputs.push({ kind: "sync-neighbor", afterMs: this.#random() * SYNC_WITHIN_MS });
    }
    // Both ends of a contact may tell of it, each naming others.
    if (nowMs - this.#republishedAtMs >= EPISODE_MS && isBuriedIn(merged.buried, this.#self)) {
      this.#republishedAtMs = nowMs;
      const withinMs = Math.max(MIN_REPUBLISH_MS, REPUBLISH_PER_MEMBER_MS * this.#live);
      this.#outputs.push({ kind: "republish", afterMs: this.#random() * withinMs });
    }
  }

  /** False where this contact has been counted in this episode. */
  #count(issuer: string, contact: string, nowMs: number): boolean {
    for (const [key, atMs] of this.#contacts) if (nowMs - atMs > EPISODE_MS) this.#contacts.delete(key);
    const key = issuer < contact ? `${issuer}/${contact}` : `${contact}/${issuer}`;
    if (this.#contacts.has(key)) return false;
    if (this.#contacts.size >= MAX_CONTACTS) return false;
    this.#contacts.set(key, nowMs);
    if (this.#contacts.size >= CONTACTS_TO_END) this.#quietUntilMs = nowMs + EPISODE_MS;
    return true;
  }

  /** The single decision function: whether to dial now, and when next. */
  #evaluate(nowMs: number): void {
    if (this.#dialling !== undefined && nowMs - this.#dialling.atMs > DIAL_TIMEOUT_MS) this.#dialling = undefined;
    const again = this.#crossing.due(this.#neighbors, this.#dialling === undefined, nowMs);
    if (again !== undefined) this.#dial(again, nowMs);
    if (!this.#targets.any) {
      this.#nextDialAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    if (!Number.isFinite(this.#nextDialAtMs)) {
      // Spread over a whole interval: a mass death makes targets for everybody at the same moment.
      this.#nextDialAtMs = nowMs + this.#random() * healingIntervalMs(this.#neighbors.size, this.#live);
    }
    if (nowMs < this.#nextDialAtMs) return;
    this.#nextDialAtMs = this.#draw(nowMs);
    const quiet = nowMs < this.#quietUntilMs && this.#neighbors.size > 0;
    if (quiet || this.#dialling !== undefined) return;
    const due = this.#targets.due(nowMs);
    if (due.length === 0) {
      this.#nextDialAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    const target = due[Math.floor(this.#random() * due.length)]!;
    this.#dial(target, nowMs);
  }

  #dial(target: HealingTarget, nowMs: number): void {
    this.#dialling = { target, atMs: nowMs };
    this.#outputs.push({ kind: "dial", target });
  }

  #draw(nowMs: number): number {
    return nowMs + jittered(healingIntervalMs(this.#neighbors.size, this.#live), JITTER, this.#random);
  }
}

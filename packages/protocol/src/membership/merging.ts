/**
 * How the parts of a mesh become one: healing's dials, the first sync with who was found, what syncs have brought, and the news of it.
 *
 * 1. Who was found and joined is synced with at once; when that has ended well, healing hears how far the two were apart.
 * 2. What a sync has brought of several new members, or of one whose record gossip should have brought long ago, is passed on to the
 *    other neighbours (sync-plan.ts); so is a death that an audit has confirmed.
 * 3. The digest that is flooded names all whom either side held for dead.
 *
 * Bounds: 16 contacts whose first sync is to come, 4,096 ids held for dead elsewhere, the oldest leave; the rest in Healing and
 * SyncPlan. Owner: Membership.
 */
import { BoundedSet } from "../gossip/bounded-set.js";
import { announcement } from "./carry-over.js";
import type { Directory } from "./directory.js";
import { Healing, type HealingEvent, type HealingOutput } from "./healing.js";
import type { MembershipOutput } from "./membership-events.js";
import { SyncPlan } from "./sync-plan.js";

const MAX_CONTACTS = 16;
const MAX_HELD_DEAD = 4_096;
/** A broadcast takes less: what is older has missed this node, and maybe those around it. */
const LATE_AFTER_MS = 2_000;

export type MergingOutput =
  | MembershipOutput
  /** Broadcast it as one's own. */
  | { readonly kind: "announce"; readonly content: Uint8Array }
  | { readonly kind: "republish"; readonly afterMs: number };

export interface MergingOptions {
  readonly directory: Directory;
  readonly random: () => number;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export class Merging {
  readonly plan: SyncPlan;
  /** When the healing wants to be asked again. */
  healAtMs = Number.POSITIVE_INFINITY;
  readonly #options: MergingOptions;
  readonly #healing: Healing;
  readonly #contacts = new BoundedSet(MAX_CONTACTS);
  /** What syncs have brought since the last of them ended: new members, late records, and live ones that the other side holds for dead. */
  #joined = 0;
  #late = 0;
  readonly #heldDead = new BoundedSet(MAX_HELD_DEAD);

  constructor(options: MergingOptions) {
    const { directory, random } = options;
    this.#options = options;
    this.plan = new SyncPlan(directory.self, random);
    this.#healing = new Healing({ self: directory.self, random });
  }

  get nextAtMs(): number {
    return Math.min(this.healAtMs, this.plan.nextAtMs);
  }

  sizes(): Record<"healingEntries" | "healingContacts" | "syncPlanned", number> {
    return {
      healingEntries: this.#healing.size + this.#heldDead.size,
      healingContacts: this.#contacts.size,
      syncPlanned: this.plan.size,
    };
  }

  /** A sync has brought a record, this old, of a member that was unknown or gone here (`joined`) or known by an older one. */
  broughtBySync(joined: boolean, ageMs: number): void {
    if (joined) this.#joined++;
    if (ageMs >= LATE_AFTER_MS) this.#late++;
  }

  /** What this node knows now came by no broadcast. */
  passOn(neighbors: readonly string[], nowMs: number): void {
    this.plan.spread(neighbors, undefined, nowMs);
  }

  /** A sync has shown that the other side holds this live member for dead. */
  heldDeadElsewhere(id: string): void {
    this.#heldDead.add(id);
  }

  /** A session has ended, whoever began it. */
  synced(
    { peer, ok, apart }: { readonly peer: string; readonly ok: boolean; readonly apart: number },
    neighbors: readonly string[],
    nowMs: number,
  ): MergingOutput[] {
    this.plan.ended(peer, ok, neighbors.includes(peer), nowMs);
    if (this.#joined > 1 || this.#late > 0) this.plan.spread(neighbors, peer, nowMs);
    const outputs = ok && this.#contacts.delete(peer) ? this.heal({ kind: "synced", peer, apart }, nowMs) : [];
    this.#joined = 0;
    this.#late = 0;
    this.#heldDead.clear();
    return outputs;
  }

  heal(event: HealingEvent, nowMs: number): MergingOutput[] {
    const { outputs, nextAtMs } = this.#healing.handle(event, nowMs);
    this.healAtMs = nextAtMs;
    return outputs.flatMap((output) => this.#carryOver(output, nowMs));
  }

  #carryOver(output: HealingOutput, nowMs: number): MergingOutput[] {
    switch (output.kind) {
      case "dial":
      case "republish":
        return [output];
      case "join":
        this.#contacts.add(output.peer);
        this.plan.later(0, nowMs, output.peer);
        return [output];
      case "announce": {
        const { directory, sign } = this.#options;
        const buried = [...directory.deadIds(), ...this.#heldDead];
        return [{ kind: "announce", content: announcement(directory, output, buried, sign).bytes }];
      }
      case "sync-neighbor":
        this.plan.later(output.afterMs, nowMs);
        return [];
      case "refused":
        return [{ kind: "mismatch", peer: output.peer }];
      default:
        return output satisfies never;
    }
  }
}

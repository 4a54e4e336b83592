/**
 * Carries sync sessions as `packages/node`'s sync sessions do; when and with whom is membership's plan. Each session has a lane of
 * its own. Records are handed over one by one, and a session has ended well when both halves have.
 *
 * Owner: MembershipDriver. Sessions end by their own rules, by their deadline, or with the peer; 32 at once.
 */
import { type MembershipEvent, type SyncOutput, SyncSession } from "@meshwork/protocol";
import type { HostTimer } from "../core/host.js";
import type { MembershipDriver } from "./membership-driver.js";
import type { SimNode } from "./sim-node.js";

const SESSION_TIMEOUT_MS = 10_000;
const MAX_SESSIONS = 32;

interface Running {
  readonly session: SyncSession;
  readonly peer: number;
  readonly lane: number;
  readonly deadline: HostTimer;
  applied: number;
  /** The session is through here, with so many records sent. */
  sent: number | undefined;
  peerEnded: boolean;
}

export class SyncLanes {
  readonly #node: SimNode;
  readonly #driver: MembershipDriver;
  readonly #running = new Map<string, Running>();
  /** Peers that are dialled for a session. */
  readonly #dialling = new Set<number>();
  refused = 0;

  constructor(node: SimNode, driver: MembershipDriver) {
    this.#node = node;
    this.#driver = driver;
  }

  sizes(): Record<string, number> {
    return { syncSessions: this.#running.size };
  }

  initiate(peer: number): void {
    const { network } = this.#node.cluster;
    if (this.#running.size >= MAX_SESSIONS) {
      this.#tellEnd(peer, false, 0);
    } else if (network.connected(this.#node.index, peer)) {
      const running = this.#begin(peer, this.#node.newLane(peer));
      this.#carryOut(running, running.session.start(), true);
    } else {
      this.#dialling.add(peer);
      network.dial(this.#node.index, peer);
    }
  }

  onConnected(peer: number): void {
    if (this.#dialling.delete(peer)) this.initiate(peer);
  }

  onDialFailed(peer: number): void {
    if (this.#dialling.delete(peer)) this.#tellEnd(peer, false, 0);
  }

  onFrame(from: number, lane: number, frame: Uint8Array, opens: boolean): void {
    let running = this.#running.get(keyOf(from, lane));
    if (running === undefined) {
      if (!opens) return;
      if (this.#running.size >= MAX_SESSIONS) {
        this.refused++;
        this.#node.answer(from, lane, { kind: "sync-end" });
        return;
      }
      running = this.#begin(from, lane);
    }
    this.#carryOut(running, running.session.handle(frame, this.#node.host.now()), false);
  }

  onPeerEnd(from: number, lane: number): void {
    const running = this.#running.get(keyOf(from, lane));
    if (running === undefined) return;
    running.peerEnded = true;
    this.#end(running, running.sent !== undefined);
  }

  peerLost(peer: number): void {
    for (const running of [...this.#running.values()]) if (running.peer === peer) this.#end(running, false);
  }

  #begin(peer: number, lane: number): Running {
    const deadline = this.#node.host.timer(SESSION_TIMEOUT_MS, () => this.#end(running, false));
    const session = new SyncSession(this.#driver.directory);
    const running: Running = { session, peer, lane, deadline, applied: 0, sent: undefined, peerEnded: false };
    this.#running.set(keyOf(peer, lane), running);
    return running;
  }

  #carryOut(running: Running, outputs: readonly SyncOutput[], opening: boolean): void {
    const { peer, lane } = running;
    let opens = opening;
    for (const output of outputs) {
      switch (output.kind) {
        case "send":
          this.#node.answer(peer, lane, { kind: "sync", opens, frame: output.frame });
          opens = false;
          break;
        case "verify":
          for (const obituary of output.obituaries ?? []) this.#driver.tell({ kind: "synced-obituary", obituary });
          for (const { signed, ageMs } of output.records) {
            const same = this.#node.cluster.records.same(signed);
            if (this.#applied(same.record.id, { kind: "synced-record", signed: same, ageMs })) running.applied++;
          }
          break;
        case "done":
          running.sent = output.result.sentRecords;
          this.#node.answer(peer, lane, { kind: "sync-end" });
          if (running.peerEnded) this.#end(running, true);
          break;
        case "failed":
          this.#node.answer(peer, lane, { kind: "sync-end" });
          this.#end(running, false);
          break;
        default:
          output satisfies never;
      }
    }
  }

  /** True where the directory holds another version of it than before, or none. */
  #applied(id: string, event: MembershipEvent): boolean {
    const { directory } = this.#driver;
    const before = directory.versionOf(id);
    this.#driver.tell(event);
    return directory.versionOf(id) !== before;
  }

  #end(running: Running, ok: boolean): void {
    const { peer, lane } = running;
    if (!this.#running.delete(keyOf(peer, lane))) return;
    running.deadline.cancel();
    this.#node.endLane(peer, lane);
    this.#tellEnd(peer, ok, running.applied + (running.sent ?? 0));
  }

  #tellEnd(peer: number, ok: boolean, apart: number): void {
    this.#driver.tell({ kind: "synced", peer: this.#node.cluster.idOf(peer), ok, apart });
  }
}

function keyOf(peer: number, lane: number): string {
  return `${peer}/${lane}`;
}

/**
 * Questions to helpers, their answers, and obituaries handed over, as `packages/node` sends them on probe streams: one question and
 * one answer each, or one notice. Dials where there is no connection.
 *
 * Owner: MembershipDriver. Bounds: 64 questions out, 64 of others' unanswered; each ends with its answer, its deadline or its peer.
 */
import type { Accusation, IndirectReply, MembershipEvent, Obituary, ProbeFrame } from "@meshwork/protocol";
import type { HostTimer } from "../core/host.js";
import type { SimNode } from "./sim-node.js";

const MAX_OUTBOUND = 64;
const MAX_INBOUND = 64;
/** What the answer takes besides the budget itself. */
const ANSWER_SLACK_MS = 1_000;

interface Question {
  readonly ask: number;
  readonly peer: number;
  readonly lane: number;
  readonly deadline: HostTimer;
}

export class ProbeLanes {
  readonly #node: SimNode;
  readonly #tell: (event: MembershipEvent) => void;
  readonly #out = new Map<string, Question>();
  readonly #in = new Map<number, { readonly peer: number; readonly lane: number }>();
  #nextAsk = 1;
  refused = 0;

  constructor(node: SimNode, tell: (event: MembershipEvent) => void) {
    this.#node = node;
    this.#tell = tell;
  }

  sizes(): Record<string, number> {
    return { probeLanesOut: this.#out.size, probeLanesUnanswered: this.#in.size };
  }

  ask(ask: number, helper: number, accusation: Accusation, budgetMs: number): void {
    if (this.#out.size >= MAX_OUTBOUND) {
      this.refused++;
      this.#tell({ kind: "answered", ask });
      return;
    }
    const lane = this.#node.newLane(helper);
    const key = keyOf(helper, lane);
    const deadline = this.#node.host.timer(budgetMs + ANSWER_SLACK_MS, () => this.#end(key, undefined));
    this.#out.set(key, { ask, peer: helper, lane, deadline });
    this.#send(helper, lane, { kind: "indirect-request", accusation, budgetMs });
  }

  /** Answers what was `asked` under this number. */
  reply(ask: number, reply: IndirectReply): void {
    const asker = this.#in.get(ask);
    if (asker === undefined) return;
    this.#in.delete(ask);
    this.#node.answer(asker.peer, asker.lane, { kind: "probe", frame: { kind: "indirect-reply", reply } });
  }

  /** Not repeated: what it says travels by gossip and sync as well. */
  tell(peer: number, obituary: Obituary): void {
    this.#send(peer, this.#node.newLane(peer), { kind: "obituary", obituary });
  }

  onFrame(from: number, lane: number, frame: ProbeFrame): void {
    switch (frame.kind) {
      case "indirect-request": {
        if (this.#in.size >= MAX_INBOUND) {
          this.refused++;
          return;
        }
        const ask = this.#nextAsk++;
        this.#in.set(ask, { peer: from, lane });
        const { accusation, budgetMs } = frame;
        this.#tell({ kind: "asked", ask, from: this.#node.cluster.idOf(from), accusation, budgetMs });
        break;
      }
      case "indirect-reply":
        this.#end(keyOf(from, lane), frame.reply);
        break;
      case "obituary":
        this.#node.endLane(from, lane);
        this.#tell({ kind: "obituary", obituary: frame.obituary, from: this.#node.cluster.idOf(from) });
        break;
    }
  }

  /** The connection is gone, or could not be made. */
  peerLost(peer: number): void {
    for (const [key, question] of [...this.#out]) if (question.peer === peer) this.#end(key, undefined);
    for (const [ask, asker] of this.#in) if (asker.peer === peer) this.#in.delete(ask);
  }

  #end(key: string, reply: IndirectReply | undefined): void {
    const question = this.#out.get(key);
    if (question === undefined) return;
    this.#out.delete(key);
    question.deadline.cancel();
    this.#node.endLane(question.peer, question.lane);
    this.#tell({ kind: "answered", ask: question.ask, reply });
  }

  #send(peer: number, lane: number, frame: ProbeFrame): void {
    this.#node.open(peer, lane, { kind: "probe", frame });
  }
}

function keyOf(peer: number, lane: number): string {
  return `${peer}/${lane}`;
}

/**
 * Probe streams (tag 0x02, kinds 2 to 4; docs/protocol/probe.proto): one question and one answer each, or one notice. Asks helpers,
 * hears what others ask, hands obituaries over. What is asked and answered is membership's business.
 *
 * Owner: MembershipDriver. Bounds: 64 of ours under way, 64 of others' unanswered; each ends with its answer or its deadline.
 */
import {
  type Accusation,
  DecodeError,
  decodeProbeFrame,
  encodeProbeFrame,
  type IndirectReply,
  type Obituary,
} from "@meshwork/protocol";
import { type FramedWriter, type InboundStream, StreamTag, type Transport } from "@meshwork/transport";

const MAX_OUTBOUND = 64;
const MAX_INBOUND = 64;
/** What the answer takes besides the budget itself. */
const ANSWER_SLACK_MS = 1_000;
const TELL_TIMEOUT_MS = 5_000;

export interface ProbeStreamEvents {
  asked(ask: number, from: string, accusation: Accusation, budgetMs: number): void;
  obituary(obituary: Obituary, from: string): void;
}

export class ProbeStreams {
  readonly #transport: Transport;
  readonly #events: ProbeStreamEvents;
  readonly #unanswered = new Map<number, FramedWriter>();
  #outbound = 0;
  #nextAsk = 1;
  #refused = 0;

  constructor(transport: Transport, events: ProbeStreamEvents) {
    this.#transport = transport;
    this.#events = events;
  }

  sizes(): Record<string, number> {
    return {
      probeStreamsOut: this.#outbound,
      probeStreamsUnanswered: this.#unanswered.size,
      probeStreamsRefused: this.#refused,
    };
  }

  /** Undefined where no answer came within the budget and a second. */
  ask(helper: string, accusation: Accusation, budgetMs: number): Promise<IndirectReply | undefined> {
    return this.#exchange(helper, { kind: "indirect-request", accusation, budgetMs }, budgetMs + ANSWER_SLACK_MS);
  }

  /** Not repeated: what it says travels by gossip and sync as well. */
  async tell(peerId: string, obituary: Obituary): Promise<void> {
    await this.#exchange(peerId, { kind: "obituary", obituary }, TELL_TIMEOUT_MS);
  }

  /** Answers what was `asked` under this number. */
  reply(ask: number, reply: IndirectReply): void {
    const send = this.#unanswered.get(ask);
    if (send === undefined) return;
    this.#unanswered.delete(ask);
    send
      .write(encodeProbeFrame({ kind: "indirect-reply", reply }))
      .then(() => send.finish())
      .catch(() => {});
  }

  async accept({ peerId, recv, send }: InboundStream): Promise<void> {
    const bytes = await recv.next();
    if (bytes === null || send === undefined) return;
    const frame = decodeProbeFrame(bytes);
    if (frame.kind === "indirect-reply") throw new DecodeError("an answer that nobody asked for");
    if (frame.kind === "obituary") {
      recv.stop(0);
      await send.finish();
      this.#events.obituary(frame.obituary, peerId);
      return;
    }
    if (this.#unanswered.size >= MAX_INBOUND) {
      this.#refused++;
      send.reset(0);
      return;
    }
    const ask = this.#nextAsk++;
    this.#unanswered.set(ask, send);
    this.#events.asked(ask, peerId, frame.accusation, frame.budgetMs);
    // The asker finishes or leaves: either way nobody waits for the answer any longer.
    await recv.next().catch(() => {});
  }

  stop(): void {
    for (const send of this.#unanswered.values()) send.reset(0);
    this.#unanswered.clear();
  }

  async #exchange(
    peerId: string,
    frame: Parameters<typeof encodeProbeFrame>[0],
    timeoutMs: number,
  ): Promise<IndirectReply | undefined> {
    if (this.#outbound >= MAX_OUTBOUND) {
      this.#refused++;
      return undefined;
    }
    this.#outbound++;
    let late = false;
    let end = () => {
      late = true;
    };
    const deadline = setTimeout(() => end(), timeoutMs);
    try {
      const { send, recv } = await this.#transport.openBi(peerId, StreamTag.probe);
      end = () => {
        recv.stop(0);
        send.reset(0);
      };
      if (late) return undefined;
      await send.write(encodeProbeFrame(frame));
      await send.finish();
      const answer = await recv.next();
      if (answer === null) return undefined;
      const decoded = decodeProbeFrame(answer);
      return decoded.kind === "indirect-reply" ? decoded.reply : undefined;
    } catch {
      return undefined;
    } finally {
      clearTimeout(deadline);
      end();
      this.#outbound--;
    }
  }
}

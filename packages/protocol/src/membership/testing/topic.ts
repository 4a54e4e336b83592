/**
 * The membership of one topic in virtual time, with real codecs and with signatures that know who signed what; the test is its
 * driver. `answer` is called for each output, so that a whole network can be played in a line or two.
 */
import { seededRandom } from "../../gossip/testing/prng.js";
import { type Broadcast, decodeBroadcast } from "../../wire/broadcast.js";
import { Membership } from "../membership.js";
import type { MembershipEvent, MembershipOutput } from "../membership-events.js";
import type { NodeRecord } from "../types.js";
import { Driven } from "./clock.js";
import { testHash, testId, testRecord } from "./records.js";
import { testSignedBy, testSigner, testVerify, testWitness } from "./signatures.js";

export interface TopicSetup {
  readonly self?: string;
  readonly role?: "member" | "observer";
  /** Members that its directory knows from the start, by broadcast. */
  readonly members?: readonly string[];
  readonly declaredNeighbors?: readonly string[];
  readonly maxMembers?: number;
  readonly random?: () => number;
  readonly verify?: (id: string, message: Uint8Array, signature: Uint8Array) => boolean;
  readonly own?: { readonly startedAtMs?: number; readonly bootNonce?: string; readonly generation?: number };
  readonly answer?: (output: MembershipOutput, topic: Topic) => void;
}

export interface Topic extends Driven<MembershipEvent, MembershipOutput> {
  readonly machine: Membership;
  /** When each peer was last heard over a connection. */
  readonly heardAtMs: Map<string, number>;
  /** Signatures verified so far. */
  readonly verified: { count: number };
  /** Broadcast to it; by a stranger's neighbour where nobody is named. */
  receive(content: Uint8Array, deliveredBy?: string): readonly MembershipOutput[];
  /** What it has broadcast, read. */
  broadcasts(): readonly Broadcast[];
  records(): readonly NodeRecord[];
}

const RELAY = testId(9_999);

export function makeTopic(setup: TopicSetup = {}): Topic {
  const { self = testId(1), role = "member", members = [], random = seededRandom(1), answer = () => {} } = setup;
  const { bootNonce = "0011223344556677", startedAtMs = 1_000, generation = 1 } = setup.own ?? {};
  const verify = setup.verify ?? testVerify;
  const heardAtMs = new Map<string, number>();
  const verified = { count: 0 };
  let latest = generation;
  const { id: _, mesh, ...described } = testRecord({ startedAtMs });
  const machine = new Membership({
    mesh,
    self,
    role,
    hash: testHash,
    random,
    verify: (id, message, signature) => {
      verified.count++;
      return verify(id, message, signature);
    },
    lastHeardMs: (peer) => heardAtMs.get(peer),
    maxMembers: setup.maxMembers,
    ...(role === "observer"
      ? {}
      : {
          own: {
            bootNonce,
            generation,
            nextGeneration: (atLeast) => {
              latest = Math.max(latest + 1, atLeast);
              return latest;
            },
            describe: () => described,
            sign: testSigner(self),
            unpublishable: (error: unknown) => {
              throw error;
            },
          },
        }),
  });
  const driven = new Driven<MembershipEvent, MembershipOutput>(machine, { kind: "tick" }, (output) =>
    answer(output, topic),
  );
  const broadcasts = () => driven.of("broadcast").map(({ output }) => decodeBroadcast(output.content));
  const topic: Topic = Object.assign(driven, {
    machine,
    heardAtMs,
    verified,
    receive: (content: Uint8Array, deliveredBy = RELAY) => driven.hand({ kind: "broadcast", content, deliveredBy }),
    broadcasts,
    records: () => broadcasts().flatMap((read) => (read.kind === "record" ? [read.signed.record] : [])),
  });
  topic.hand({ kind: "boot" });
  const neighbors = setup.declaredNeighbors ?? [];
  for (const id of members) if (id !== self) topic.receive(testSignedBy({ id, neighbors }).bytes);
  return topic;
}

/** Every `ask` is answered `unreached` by its helper, and every `try` fails. */
export function nobodyReaches(output: MembershipOutput, topic: Topic): void {
  if (output.kind === "try") topic.hand({ kind: "tried", attempt: output.attempt });
  if (output.kind !== "ask") return;
  const { ask, helper, accusation } = output;
  const { generation, sequence } = accusation;
  const { signature } = testWitness(accusation, helper);
  topic.hand({ kind: "answered", ask, reply: { outcome: "unreached", generation, sequence, signature } });
}

/** Every `try` succeeds; questions are not answered. */
export function everybodyReaches(output: MembershipOutput, topic: Topic): void {
  if (output.kind === "try") topic.hand({ kind: "tried", attempt: output.attempt, heardAgoMs: 0 });
}

export function of<Kind extends MembershipOutput["kind"]>(outputs: readonly MembershipOutput[], kind: Kind) {
  return outputs.filter((output): output is Extract<MembershipOutput, { kind: Kind }> => output.kind === kind);
}

/** With another last byte, which is one of the signature. */
export function forged(content: Uint8Array): Uint8Array {
  return content.with(-1, content.at(-1)! ^ 1);
}

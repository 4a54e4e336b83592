/** Reads the notation of iroh-gossip's messages that `interop/` writes: serde's names of variants and fields, byte strings in hex. */
import { hexToBytes } from "../../ids.js";
import type { PeerInfo, TopicMessage } from "../gossip-codec.js";

export interface RustVector {
  readonly name: string;
  readonly kind: "message" | "frame" | "peer-data";
  readonly hex: string;
  // biome-ignore lint/suspicious/noExplicitAny: serde's own tree, read by the functions below
  readonly value: any;
}

/** The same message as our codec has it. Throws on a variant that it does not know. */
export function messageOf({ Swarm, Gossip }: RustVector["value"]): TopicMessage {
  if (Gossip === "Prune") return { kind: "prune" };
  const [variant, fields] = Object.entries(Swarm ?? Gossip)[0] as [string, RustVector["value"]];
  switch (variant) {
    case "Join":
      return { kind: "join", data: dataOf(fields) };
    case "ForwardJoin":
      return { kind: "forward-join", peer: peerOf(fields.peer), ttl: fields.ttl };
    case "Shuffle":
      return { kind: "shuffle", origin: fields.origin, nodes: fields.nodes.map(peerOf), ttl: fields.ttl };
    case "ShuffleReply":
      return { kind: "shuffle-reply", nodes: fields.nodes.map(peerOf) };
    case "Neighbor":
      return { kind: "neighbor", priority: fields.priority.toLowerCase(), data: dataOf(fields.data) };
    case "Disconnect":
      return { kind: "disconnect", alive: fields.alive };
    case "Gossip": {
      const scope =
        fields.scope === "Neighbors"
          ? { kind: "neighbors" as const }
          : { kind: "swarm" as const, round: fields.scope.Swarm };
      return { kind: "gossip", id: fields.id, content: hexToBytes(fields.content), scope };
    }
    case "Graft":
      return { kind: "graft", id: fields.id ?? undefined, round: fields.round };
    case "IHave":
      return { kind: "ihave", messages: fields };
    default:
      throw new Error(`unknown variant ${variant}`);
  }
}

function dataOf(hex: string | null): Uint8Array | undefined {
  return hex === null ? undefined : hexToBytes(hex);
}

function peerOf({ id, data }: { id: string; data: string | null }): PeerInfo {
  return { id, data: dataOf(data) };
}

/**
 * Messages of iroh-gossip (ALPN `/iroh-gossip/1`, postcard), byte for byte as `n0-computer/iroh-gossip` 0.101.0 `proto/topic.rs`,
 * `proto/hyparview.rs` and `proto/plumtree.rs` have them.
 *
 * A stream starts with one frame that holds the topic (32 raw bytes); each further frame is one message. Trailing bytes are
 * tolerated in both, as Rust's `postcard::from_bytes` does: fields may be added at the end. Decoders throw `DecodeError`
 * and nothing else, and allocate no more than the input warrants. Encoders throw RangeError on
 * numbers out of range and DecodeError on ids that are none.
 */
import { DecodeError } from "../errors.js";
import { PostcardReader, PostcardWriter } from "./postcard.js";

export type GossipScope = { readonly kind: "swarm"; readonly round: number } | { readonly kind: "neighbors" };
export interface PeerInfo {
  readonly id: string;
  readonly data: Uint8Array | undefined;
}
export type TopicMessage =
  | { readonly kind: "join"; readonly data: Uint8Array | undefined }
  | { readonly kind: "forward-join"; readonly peer: PeerInfo; readonly ttl: number }
  | { readonly kind: "shuffle"; readonly origin: string; readonly nodes: readonly PeerInfo[]; readonly ttl: number }
  | { readonly kind: "shuffle-reply"; readonly nodes: readonly PeerInfo[] }
  | { readonly kind: "neighbor"; readonly priority: "high" | "low"; readonly data: Uint8Array | undefined }
  | { readonly kind: "disconnect"; readonly alive: boolean }
  | { readonly kind: "gossip"; readonly id: string; readonly content: Uint8Array; readonly scope: GossipScope }
  | { readonly kind: "prune" }
  | { readonly kind: "graft"; readonly id: string | undefined; readonly round: number }
  | { readonly kind: "ihave"; readonly messages: readonly { readonly id: string; readonly round: number }[] };

/** Largest frame payload a reader accepts; a writer stays below it. Equal across a network, not negotiated (iroh-gossip's default). */
export const MAX_MESSAGE_SIZE = 4096;
/** Largest broadcast that every forwarder can pass on: 4,095 less the 38 bytes around it and one more for rounds of 128 and up. */
export const BROADCAST_MAX_BYTES = 4056;
/** Most ids in one IHave frame: floor((4096 - 33 - 3) / 35). */
export const IHAVE_MAX_PER_FRAME = 116;
/** Our own PeerData stays below this, so that a shuffle of eight nodes fits a frame: (4095 - 39) / 8 - 35. */
export const PEER_DATA_MAX_BYTES = 472;

const ID_BYTES = 32;
/** Smallest encodings of a sequence's elements: what a claimed length is checked against. */
const PEER_INFO_MIN_BYTES = 33;
const IHAVE_MIN_BYTES = 33;

const SWARM = 0;
const GOSSIP = 1;

/** The first frame's payload on every gossip stream: the topic, 64 hex digits in, 32 bytes out. */
export function encodeTopicHeader(topic: string): Uint8Array {
  return new PostcardWriter(ID_BYTES).id(topic).finish();
}

/** The topic as 64 hex digits. Longer headers are accepted: fields may be added. */
export function decodeTopicHeader(bytes: Uint8Array): string {
  return new PostcardReader(bytes).id();
}

export function encodeTopicMessage(message: TopicMessage): Uint8Array {
  switch (message.kind) {
    case "join":
      return writeData(open(SWARM, 0, 8 + (message.data?.length ?? 0)), message.data).finish();
    case "forward-join":
      return writePeer(open(SWARM, 1), message.peer).u16(message.ttl).finish();
    case "shuffle":
      return writePeers(open(SWARM, 2, 512).id(message.origin), message.nodes)
        .u16(message.ttl)
        .finish();
    case "shuffle-reply":
      return writePeers(open(SWARM, 3, 512), message.nodes).finish();
    case "neighbor":
      return writeData(open(SWARM, 4).u8(message.priority === "high" ? 0 : 1), message.data).finish();
    case "disconnect":
      // The second flag (`_respond`) is dead in the Rust version; sent as false, ignored when read.
      return open(SWARM, 5, 4).bool(message.alive).bool(false).finish();
    case "gossip": {
      const writer = open(GOSSIP, 0, 48 + message.content.length)
        .id(message.id)
        .bytes(message.content);
      return message.scope.kind === "swarm" ? writer.u8(0).u16(message.scope.round).finish() : writer.u8(1).finish();
    }
    case "prune":
      return open(GOSSIP, 1, 2).finish();
    case "graft": {
      const writer = open(GOSSIP, 2).some(message.id !== undefined);
      if (message.id !== undefined) writer.id(message.id);
      return writer.u16(message.round).finish();
    }
    case "ihave": {
      const writer = open(GOSSIP, 3, 8 + message.messages.length * 35).length(message.messages.length);
      for (const { id, round } of message.messages) writer.id(id).u16(round);
      return writer.finish();
    }
  }
}

export function decodeTopicMessage(bytes: Uint8Array): TopicMessage {
  const reader = new PostcardReader(bytes);
  const layer = reader.u32();
  if (layer === SWARM) return readSwarm(reader);
  if (layer === GOSSIP) return readGossip(reader);
  throw new DecodeError(`unknown message layer ${layer}`, 0);
}

function readSwarm(reader: PostcardReader): TopicMessage {
  const variant = reader.u32();
  switch (variant) {
    case 0:
      return { kind: "join", data: readData(reader) };
    case 1:
      return { kind: "forward-join", peer: readPeer(reader), ttl: reader.u16() };
    case 2:
      return { kind: "shuffle", origin: reader.id(), nodes: readPeers(reader), ttl: reader.u16() };
    case 3:
      return { kind: "shuffle-reply", nodes: readPeers(reader) };
    case 4: {
      const priority = reader.u32();
      if (priority > 1) throw reader.error(`unknown priority ${priority}`);
      return { kind: "neighbor", priority: priority === 0 ? "high" : "low", data: readData(reader) };
    }
    case 5: {
      const alive = reader.bool();
      reader.bool();
      return { kind: "disconnect", alive };
    }
    default:
      throw reader.error(`unknown membership message ${variant}`);
  }
}

function readGossip(reader: PostcardReader): TopicMessage {
  const variant = reader.u32();
  switch (variant) {
    case 0:
      return { kind: "gossip", id: reader.id(), content: reader.bytes(), scope: readScope(reader) };
    case 1:
      return { kind: "prune" };
    case 2:
      return { kind: "graft", id: reader.some() ? reader.id() : undefined, round: reader.u16() };
    case 3: {
      const messages: { id: string; round: number }[] = [];
      for (let left = reader.length(IHAVE_MIN_BYTES); left > 0; left--) {
        messages.push({ id: reader.id(), round: reader.u16() });
      }
      return { kind: "ihave", messages };
    }
    default:
      throw reader.error(`unknown broadcast message ${variant}`);
  }
}

function readScope(reader: PostcardReader): GossipScope {
  const scope = reader.u32();
  if (scope === 0) return { kind: "swarm", round: reader.u16() };
  if (scope === 1) return { kind: "neighbors" };
  throw reader.error(`unknown scope ${scope}`);
}

function readData(reader: PostcardReader): Uint8Array | undefined {
  return reader.some() ? reader.bytes() : undefined;
}

function readPeer(reader: PostcardReader): PeerInfo {
  return { id: reader.id(), data: readData(reader) };
}

function readPeers(reader: PostcardReader): PeerInfo[] {
  const peers: PeerInfo[] = [];
  for (let left = reader.length(PEER_INFO_MIN_BYTES); left > 0; left--) peers.push(readPeer(reader));
  return peers;
}

function open(layer: number, variant: number, capacityBytes?: number): PostcardWriter {
  return new PostcardWriter(capacityBytes).u8(layer).u8(variant);
}

function writeData(writer: PostcardWriter, data: Uint8Array | undefined): PostcardWriter {
  writer.some(data !== undefined);
  return data === undefined ? writer : writer.bytes(data);
}

function writePeer(writer: PostcardWriter, peer: PeerInfo): PostcardWriter {
  return writeData(writer.id(peer.id), peer.data);
}

function writePeers(writer: PostcardWriter, peers: readonly PeerInfo[]): PostcardWriter {
  writer.length(peers.length);
  for (const peer of peers) writePeer(writer, peer);
  return writer;
}

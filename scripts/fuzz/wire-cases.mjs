/** Streams and datagrams of a fuzzing run: `wireCaseOf(corpus, seed, index)` is always the same for the same corpus. */
import { StreamTag } from "../../packages/transport/dist/index.js";
import { mutateProtobuf } from "./protobuf-tree.mjs";
import { joined, mutateBytes, Random } from "./random.mjs";

const KINDS = Object.entries(StreamTag);
const OTHER_TAGS = [0x00, 0x06, 0x0f, 0x13, 0x7f, 0x80, 0xff];
const MAX_FRAME_BYTES = 70_000;

/** `{ id, index, how: "stream", bi, bytes, chunks, ending, waitMs }`, a datagram, or a connection that begins otherwise. */
export function wireCaseOf(corpus, seed, index) {
  const random = new Random(seed, index);
  switch (random.weighted({ stream: 88, datagram: 6, hello: 4, gossipAlpn: 2 })) {
    case "datagram":
      return { id: "datagram", index, how: "datagram", bytes: datagramOf(random, corpus) };
    case "hello":
      return { id: "hello", index, how: "hello", ...sending(random, framed(random, framesOf(random, corpus.hello))) };
    case "gossipAlpn":
      return { id: "gossip ALPN", index, how: "gossip-alpn", ...sending(random, gossipBytes(random, corpus)) };
    default:
      return streamOf(random, corpus, index);
  }
}

function streamOf(random, corpus, index) {
  const known = random.chance(0.93);
  const [name, tag] = known ? random.pick(KINDS) : ["other tags", random.pick(OTHER_TAGS)];
  const usual = tag === StreamTag.gossip || tag === StreamTag.message ? 0.1 : 0.9;
  const body =
    tag === StreamTag.gossip
      ? gossipBytes(random, corpus)
      : framed(random, framesOf(random, corpus[tag] ?? [new Uint8Array(3)]));
  const bytes = random.chance(0.02) ? new Uint8Array(0) : joined(Uint8Array.of(tag), body);
  return { id: name, index, how: "stream", bi: random.chance(usual), ...sending(random, bytes) };
}

/** In pieces, and with one of the ways in which a stream may end. */
function sending(random, bytes) {
  const chunks = [];
  for (let at = 0; at < bytes.length; ) {
    const size = random.chance(0.8) ? bytes.length : random.int(1, Math.max(1, bytes.length - at));
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  const ending = random.weighted({ finish: 6, reset: 2, abandon: 1, stop: 1 });
  return { chunks, ending, waitMs: random.chance(0.1) ? random.int(1, 200) : 0 };
}

function gossipBytes(random, corpus) {
  const header = random.chance(0.9) ? corpus.topicHeader : mutateBytes(random, corpus.topicHeader);
  return framed(random, [header, ...framesOf(random, corpus[StreamTag.gossip])]);
}

/** Frames of one stream: as they should be, changed, or nothing of the kind. */
function framesOf(random, sound) {
  return Array.from({ length: random.int(1, 5) }, () => {
    const frame = random.pick(sound);
    switch (random.weighted({ sound: 3, protobuf: 4, bytes: 4, random: 2, empty: 0.5, large: 0.3 })) {
      case "sound":
        return frame;
      case "protobuf":
        // Some kinds have a byte or two before their fields.
        return withLead(random, frame);
      case "bytes":
        return mutateBytes(random, frame);
      case "random":
        return random.bytes(random.length(2_000));
      case "empty":
        return new Uint8Array(0);
      default:
        return new Uint8Array(random.int(4_000, MAX_FRAME_BYTES)).fill(random.int(0, 255));
    }
  });
}

function withLead(random, frame) {
  const lead = random.int(0, 2);
  return joined(frame.subarray(0, lead), mutateProtobuf(random, frame.subarray(lead)));
}

/** `length u32 BE` before each, and now and then a length that lies. */
function framed(random, frames) {
  return joined(
    ...frames.map((frame) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(
        random.chance(0.96)
          ? frame.length
          : random.pick([0, 1, frame.length + 1, 0x7fffffff, 0xffffffff, 4_097, 5_000_000]),
      );
      return joined(length, frame);
    }),
  );
}

function datagramOf(random, corpus) {
  const probe = random.pick(corpus[StreamTag.probe]);
  const bytes = random.chance(0.5)
    ? probe
    : random.chance(0.7)
      ? mutateBytes(random, probe)
      : random.bytes(random.length(1_100));
  return bytes.length === 0 ? Uint8Array.of(2) : bytes;
}

/**
 * Hello: the first frame of both ends on a `/meshwork/1` connection. Says which process this is (boot nonce), which mesh and
 * topics it is in, and as what. A higher protocol version stays readable: what is new in it are fields that are skipped here.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DecodeError } from "../errors.js";
import { bytesToHex, hexToBytes } from "../ids.js";
import type { Hello } from "../membership/types.js";
import { isMeshName } from "../names.js";
import { bytesTag, decodeProto, fixed64Tag, printable, required, varintTag, writeHex64 } from "./protobuf.js";

export const PROTOCOL_VERSION = 1;
export const HELLO_LIMITS = { bytes: 4_096, topics: 64, topicBytes: 32, nameBytes: 256 } as const;

const ROLES = ["member", "observer"] as const;
const TAG = {
  protocolVersion: varintTag(1),
  bootNonce: fixed64Tag(2),
  mesh: bytesTag(3),
  topic: bytesTag(4),
  role: varintTag(5),
  name: bytesTag(6),
} as const;

/** Throws `RangeError` for a hello that no peer would read: that is the caller's mistake. */
export function encodeHello(hello: Hello): Uint8Array {
  if (hello.topics.length > HELLO_LIMITS.topics)
    throw new RangeError(`a hello of ${hello.topics.length} topics, at most 64`);
  if (hello.name.length > HELLO_LIMITS.nameBytes) throw new RangeError("a hello's name has at most 256 characters");
  if (!isMeshName(hello.mesh)) throw new RangeError("a hello's mesh is no mesh name");
  const writer = new BinaryWriter();
  writer.uint32(TAG.protocolVersion).uint32(hello.protocolVersion);
  writeHex64(writer.uint32(TAG.bootNonce), hello.bootNonce);
  writer.uint32(TAG.mesh).string(hello.mesh);
  for (const topic of hello.topics) writer.uint32(TAG.topic).bytes(hexToBytes(topic));
  writer.uint32(TAG.role).uint32(ROLES.indexOf(hello.role));
  writer.uint32(TAG.name).string(hello.name);
  return writer.finish();
}

/** Reads a hello of any version from 1 on; throws nothing but `DecodeError`. A role of a later version reads as `observer`. */
export function decodeHello(bytes: Uint8Array): Hello {
  return decodeProto(bytes, HELLO_LIMITS.bytes, "hello", (reader) => {
    let protocolVersion: number | undefined;
    let bootNonce: string | undefined;
    let mesh: string | undefined;
    let role: Hello["role"] | undefined;
    let name: string | undefined;
    const topics: string[] = [];
    while (!reader.done) {
      const tag = reader.checkedUint32();
      if (tag === TAG.protocolVersion) protocolVersion = reader.checkedUint32();
      else if (tag === TAG.bootNonce) bootNonce = reader.hex64();
      else if (tag === TAG.mesh) mesh = reader.text(63, "mesh");
      else if (tag === TAG.role) role = ROLES[reader.uint53()] ?? "observer";
      else if (tag === TAG.name) name = printable(reader.text(HELLO_LIMITS.nameBytes, "name"), "name");
      else if (tag === TAG.topic) {
        if (topics.length >= HELLO_LIMITS.topics) throw new DecodeError("more than 64 topics", reader.pos);
        topics.push(bytesToHex(reader.exactBytes(HELLO_LIMITS.topicBytes, "topic")));
      } else reader.skipField(tag);
    }
    if (required(protocolVersion, "protocol_version") < 1) throw new DecodeError("protocol_version is 0");
    if (!isMeshName(required(mesh, "mesh"))) throw new DecodeError("mesh is no mesh name");
    return {
      protocolVersion: required(protocolVersion, "protocol_version"),
      bootNonce: required(bootNonce, "boot_nonce"),
      mesh: required(mesh, "mesh"),
      topics,
      role: required(role, "role"),
      name: required(name, "name"),
    };
  });
}

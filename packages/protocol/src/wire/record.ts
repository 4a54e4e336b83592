/**
 * Node record in protobuf: what a node says of itself and signs. Field numbers and limits: docs/protocol/node-record.proto.
 *
 * Required fields are written even when zero, so that a missing one is noticed. Enum values of a later version read as the
 * harmless one (`alive`, `normal`); addresses of a kind that is not known here are left out. Shared by gossip and sync.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { DecodeError, MeshError } from "../errors.js";
import { isBootNonce, isNodeId, nodeIdFromBytes, nodeIdToBytes } from "../ids.js";
import type { LoadClass, NodeRecord } from "../membership/types.js";
import { isMeshName, isNodeType } from "../names.js";
import { isSocketAddress } from "../socket-address.js";
import {
  bytesTag,
  decodeProto,
  fixed64Tag,
  type ProtoReader,
  printable,
  required,
  varintTag,
  writeHex64,
  writeUint53,
} from "./protobuf.js";

export const RECORD_LIMITS = {
  payloadBytes: 4_000,
  addresses: 8,
  neighbors: 16,
  /** Per string: address, relay URL, version. Mesh and type are at most 63 by their grammar. */
  stringBytes: 128,
  credentialBytes: 1_024,
} as const;

const LOAD_CLASSES = ["idle", "normal", "high", "full"] as const satisfies readonly LoadClass[];
const STATUSES = ["alive", "leaving"] as const;
/** CPU travels in millionths of a core: an idle node uses a thousandth. */
const MICROS = 1_000_000;

const TAG = {
  id: bytesTag(1),
  bootNonce: fixed64Tag(2),
  mesh: bytesTag(3),
  type: bytesTag(4),
  generation: varintTag(5),
  sequence: varintTag(6),
  status: varintTag(7),
  address: bytesTag(8),
  relayUrl: bytesTag(9),
  version: bytesTag(10),
  startedAtMs: varintTag(11),
  neighbor: bytesTag(12),
  loadClass: varintTag(13),
  cpuUsed: varintTag(14),
  cpuBudget: varintTag(15),
  ramUsed: varintTag(16),
  ramBudget: varintTag(17),
  framesSent: varintTag(18),
  framesReceived: varintTag(19),
  refreshIntervalMs: varintTag(20),
  credential: bytesTag(21),
} as const;

/** Encodes a record. Above a limit it throws MESH_E_RECORD_TOO_LARGE naming the field; CPU is rounded to a millionth of a core. */
export function encodeRecord(record: NodeRecord): Uint8Array {
  checkLimits(record);
  const writer = new BinaryWriter();
  writer.uint32(TAG.id).bytes(nodeIdToBytes(record.id));
  writeHex64(writer.uint32(TAG.bootNonce), record.bootNonce);
  writer.uint32(TAG.mesh).string(record.mesh);
  writer.uint32(TAG.type).string(record.type);
  writeUint53(writer.uint32(TAG.generation), record.generation);
  writeUint53(writer.uint32(TAG.sequence), record.sequence);
  writer.uint32(TAG.status).uint32(STATUSES.indexOf(record.status));
  for (const address of record.addresses) writer.uint32(TAG.address).string(address);
  if (record.relayUrl !== undefined) writer.uint32(TAG.relayUrl).string(record.relayUrl);
  writer.uint32(TAG.version).string(record.version);
  writeWhole(writer.uint32(TAG.startedAtMs), record.startedAtMs);
  for (const neighbor of record.neighbors) writer.uint32(TAG.neighbor).bytes(nodeIdToBytes(neighbor));
  writer.uint32(TAG.loadClass).uint32(LOAD_CLASSES.indexOf(record.loadClass));
  if (record.cpuUsedCores !== undefined) writeWhole(writer.uint32(TAG.cpuUsed), MICROS * record.cpuUsedCores);
  writeWhole(writer.uint32(TAG.cpuBudget), MICROS * record.cpuBudgetCores);
  if (record.ramUsedBytes !== undefined) writeWhole(writer.uint32(TAG.ramUsed), record.ramUsedBytes);
  writeWhole(writer.uint32(TAG.ramBudget), record.ramBudgetBytes);
  writeWhole(writer.uint32(TAG.framesSent), record.framesSent);
  writeWhole(writer.uint32(TAG.framesReceived), record.framesReceived);
  writeWhole(writer.uint32(TAG.refreshIntervalMs), record.refreshIntervalMs);
  if (record.credential !== undefined) writer.uint32(TAG.credential).bytes(record.credential);
  return writer.finish();
}

/** Reads a record; throws nothing but `DecodeError`. The signature is none of its business (envelope.ts). */
export function decodeRecord(payload: Uint8Array): NodeRecord {
  return decodeProto(payload, RECORD_LIMITS.payloadBytes, "node record", readRecord);
}

type Draft = { -readonly [Key in keyof NodeRecord]?: NodeRecord[Key] };

function readRecord(reader: ProtoReader): NodeRecord {
  const draft: Draft = {};
  const addresses: string[] = [];
  const neighbors: string[] = [];
  while (!reader.done) readField(reader, draft, addresses, neighbors);
  const mesh = required(draft.mesh, "mesh");
  const type = required(draft.type, "type");
  if (!isMeshName(mesh)) throw new DecodeError("mesh is no mesh name");
  if (!isNodeType(type)) throw new DecodeError("type is no node type");
  return {
    id: required(draft.id, "id"),
    bootNonce: required(draft.bootNonce, "boot_nonce"),
    mesh,
    type,
    generation: required(draft.generation, "generation"),
    sequence: required(draft.sequence, "sequence"),
    addresses,
    ...(draft.relayUrl === undefined ? {} : { relayUrl: draft.relayUrl }),
    version: required(draft.version, "version"),
    startedAtMs: required(draft.startedAtMs, "started_at_ms"),
    neighbors,
    loadClass: required(draft.loadClass, "load_class"),
    ...(draft.cpuUsedCores === undefined ? {} : { cpuUsedCores: draft.cpuUsedCores }),
    cpuBudgetCores: required(draft.cpuBudgetCores, "cpu_budget_microcores"),
    ...(draft.ramUsedBytes === undefined ? {} : { ramUsedBytes: draft.ramUsedBytes }),
    ramBudgetBytes: required(draft.ramBudgetBytes, "ram_budget_bytes"),
    framesSent: required(draft.framesSent, "frames_sent"),
    framesReceived: required(draft.framesReceived, "frames_received"),
    refreshIntervalMs: required(draft.refreshIntervalMs, "refresh_interval_ms"),
    status: required(draft.status, "status"),
    ...(draft.credential === undefined ? {} : { credential: draft.credential }),
  };
}

function readField(reader: ProtoReader, draft: Draft, addresses: string[], neighbors: string[]): void {
  const tag = reader.checkedUint32();
  switch (tag) {
    case TAG.id:
      draft.id = nodeIdFromBytes(reader.exactBytes(32, "id"));
      break;
    case TAG.bootNonce:
      draft.bootNonce = reader.hex64();
      break;
    case TAG.mesh:
      draft.mesh = reader.text(RECORD_LIMITS.stringBytes, "mesh");
      break;
    case TAG.type:
      draft.type = reader.text(RECORD_LIMITS.stringBytes, "type");
      break;
    case TAG.generation:
      draft.generation = reader.uint53();
      break;
    case TAG.sequence:
      draft.sequence = reader.uint53();
      break;
    case TAG.status:
      draft.status = STATUSES[reader.uint53()] ?? "alive";
      break;
    case TAG.address: {
      const address = reader.text(RECORD_LIMITS.stringBytes, "address");
      if (!isSocketAddress(address)) break;
      if (addresses.length >= RECORD_LIMITS.addresses) throw new DecodeError("more than 8 addresses", reader.pos);
      addresses.push(address);
      break;
    }
    case TAG.relayUrl:
      draft.relayUrl = printable(reader.text(RECORD_LIMITS.stringBytes, "relay_url"), "relay_url");
      break;
    case TAG.version:
      draft.version = printable(reader.text(RECORD_LIMITS.stringBytes, "version"), "version");
      break;
    case TAG.startedAtMs:
      draft.startedAtMs = reader.uint53();
      break;
    case TAG.neighbor:
      if (neighbors.length >= RECORD_LIMITS.neighbors) throw new DecodeError("more than 16 neighbors", reader.pos);
      neighbors.push(nodeIdFromBytes(reader.exactBytes(32, "neighbor")));
      break;
    case TAG.loadClass:
      draft.loadClass = LOAD_CLASSES[reader.uint53()] ?? "normal";
      break;
    case TAG.cpuUsed:
      draft.cpuUsedCores = reader.uint53() / MICROS;
      break;
    case TAG.cpuBudget:
      draft.cpuBudgetCores = reader.uint53() / MICROS;
      break;
    case TAG.ramUsed:
      draft.ramUsedBytes = reader.uint53();
      break;
    case TAG.ramBudget:
      draft.ramBudgetBytes = reader.uint53();
      break;
    case TAG.framesSent:
      draft.framesSent = reader.uint53();
      break;
    case TAG.framesReceived:
      draft.framesReceived = reader.uint53();
      break;
    case TAG.refreshIntervalMs:
      draft.refreshIntervalMs = reader.uint53();
      break;
    case TAG.credential:
      draft.credential = reader.limitedBytes(RECORD_LIMITS.credentialBytes, "credential");
      break;
    default:
      reader.skipField(tag);
  }
}

/** Measured figures are rounded and held between 0 and 2^53 - 1: a sampler's slip must not keep a node from publishing. */
function writeWhole(writer: BinaryWriter, value: number): void {
  writeUint53(writer, value > 0 ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER) : 0);
}

/** What can be too large by configuration is the user's to mend; what is malformed is a bug of the caller. */
function checkLimits(record: NodeRecord): void {
  const tooLarge = (what: string) => new MeshError("MESH_E_RECORD_TOO_LARGE", what);
  const { addresses, neighbors, credential } = record;
  if (addresses.length > RECORD_LIMITS.addresses) throw tooLarge(`${addresses.length} addresses, at most 8`);
  if (neighbors.length > RECORD_LIMITS.neighbors) throw tooLarge(`${neighbors.length} neighbors, at most 16`);
  if (credential !== undefined && credential.length > RECORD_LIMITS.credentialBytes) {
    throw tooLarge(`a credential of ${credential.length} bytes, at most 1024`);
  }
  for (const text of [...addresses, record.relayUrl ?? "", record.version]) {
    // All of these are ASCII, so that characters are bytes.
    if (text.length > RECORD_LIMITS.stringBytes) throw tooLarge(`a text of ${text.length} characters, at most 128`);
    printable(text, "a text of the record");
  }
  if (!isNodeId(record.id) || !isBootNonce(record.bootNonce))
    throw new RangeError("record: id or boot nonce is malformed");
  if (!isMeshName(record.mesh) || !isNodeType(record.type)) throw new RangeError("record: mesh or type is malformed");
  for (const address of addresses) if (!isSocketAddress(address)) throw new RangeError(`record: address "${address}"`);
}

/**
 * Changes protobuf bytes and keeps them well-formed: fields are taken apart as far as they parse, some are changed, doubled, dropped or
 * moved, and all lengths are written anew. What plain byte mutations break at once gets past the parser this way.
 */
import { joined } from "./random.mjs";
import { hostileText } from "./values.mjs";

const MAX_DEPTH = 12;
const MAX_REPEATED_BYTES = 256 * 1_024;
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MAX_U64 = 2n ** 64n - 1n;
const NUMBERS = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, MAX_U64];

/** `bytes` as they are where they do not parse. */
export function mutateProtobuf(random, bytes) {
  const fields = parse(bytes, 0);
  if (fields === undefined || fields.length === 0) return Uint8Array.from(bytes);
  for (let times = random.int(1, 3); times > 0; times -= 1) change(random, fields);
  return encode(fields);
}

function change(random, fields) {
  if (fields.length === 0) return;
  const at = random.int(0, fields.length - 1);
  const field = fields[at];
  if (field.inner !== undefined && random.chance(0.85)) return change(random, field.inner);
  switch (random.weighted({ value: 6, drop: 2, double: 2, number: 1, shuffle: 1, many: 0.3 })) {
    case "value":
      changeValue(random, field);
      break;
    case "drop":
      fields.splice(at, 1);
      break;
    case "double":
      fields.splice(random.int(0, fields.length), 0, field);
      break;
    case "number":
      field.number = random.int(1, 20);
      break;
    case "shuffle":
      fields.push(...fields.splice(at, 1));
      break;
    default: {
      // Repeats of repeats must not fill the memory of the fuzzer itself.
      const most = Math.floor(MAX_REPEATED_BYTES / (1 + sizeOf(field)));
      for (let i = Math.min(most, random.length(3_000)); i > 0; i -= 1) fields.push(field);
    }
  }
}

function changeValue(random, field) {
  if (field.wire === VARINT) field.value = random.chance(0.7) ? random.pick(NUMBERS) : BigInt(random.int(0, 2 ** 31));
  else if (field.wire === BYTES) {
    field.inner = undefined;
    field.value = random.chance(0.5)
      ? Buffer.from(hostileText(random))
      : random.bytes(random.length(random.pick([8, 16, 64, 5_000])));
  } else {
    const odd = [
      Buffer.alloc(8),
      Buffer.alloc(8, 0xff),
      doubleOf(Number.NaN),
      doubleOf(Number.POSITIVE_INFINITY),
      doubleOf(-1),
    ];
    field.value = Uint8Array.from(random.chance(0.7) ? random.pick(odd) : random.bytes(8)).slice(
      0,
      field.wire === FIXED64 ? 8 : 4,
    );
  }
}

function doubleOf(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** undefined where these bytes are no message. Text parses as one now and then, which does no harm. */
function parse(bytes, depth) {
  const fields = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) return undefined;
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || tag > 0xffffn || tag >> 3n === 0n) return undefined;
    const [number, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    if (wire === VARINT) {
      const value = varint();
      if (value === undefined) return undefined;
      fields.push({ number, wire, value });
      continue;
    }
    const length = wire === BYTES ? varint() : wire === FIXED64 ? 8n : wire === FIXED32 ? 4n : undefined;
    if (length === undefined || BigInt(at) + length > BigInt(bytes.length)) return undefined;
    const value = bytes.subarray(at, at + Number(length));
    at += Number(length);
    const inner = wire === BYTES && depth < MAX_DEPTH && value.length > 1 ? parse(value, depth + 1) : undefined;
    fields.push({ number, wire, value, inner });
  }
  return fields;
}

/** Of its content; tags and lengths come on top. */
function sizeOf({ value, inner }) {
  if (inner !== undefined) return inner.reduce((sum, field) => sum + 2 + sizeOf(field), 0);
  return typeof value === "bigint" ? 10 : value.length;
}

function encode(fields) {
  return joined(
    ...fields.map(({ number, wire, value, inner }) => {
      const tag = varintBytes(BigInt((number << 3) | wire));
      if (wire === VARINT) return joined(tag, varintBytes(value));
      const bytes = inner === undefined ? value : encode(inner);
      return wire === BYTES ? joined(tag, varintBytes(BigInt(bytes.length)), bytes) : joined(tag, bytes);
    }),
  );
}

export function varintBytes(value) {
  const bytes = [];
  for (let rest = value & MAX_U64; ; rest >>= 7n) {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    if (rest <= 127n) return Uint8Array.from(bytes);
  }
}

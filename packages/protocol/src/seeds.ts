/**
 * Seeds: `<node id>@<ip:port>`, one node to enter a mesh through. What `mesh seed` prints and `MESH_SEED_NODES` takes.
 * The id is part of it because it is the key: who answers at that address must prove that it holds it.
 */
import { MeshError } from "./errors.js";
import { isNodeId } from "./ids.js";
import { parseSocketAddressParts } from "./socket-address.js";

export interface Seed {
  /** 64 lower-case hex digits. */
  readonly id: string;
  /** `ip:port` or `[ip]:port`. */
  readonly address: string;
}

/** Throws MESH_E_BAD_SEED naming the part that is wrong and the character (counted from 1) where it starts. */
export function parseSeed(text: string): Seed {
  return parseSeedAt(text, JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text));
}

export function formatSeed(seed: Seed): string {
  return `${seed.id}@${seed.address}`;
}

/** Seeds separated by commas; blanks around them and empty items are nothing, repetitions count once. */
export function parseSeedList(text: string): Seed[] {
  const seeds = new Map<string, Seed>();
  for (const [index, part] of text.split(",").entries()) {
    const item = part.trim();
    if (item === "") continue;
    const seed = parseSeedAt(
      item,
      `seed ${index + 1}, ${JSON.stringify(item.length > 120 ? `${item.slice(0, 120)}…` : item)}`,
    );
    seeds.set(formatSeed(seed), seed);
  }
  return [...seeds.values()];
}

function parseSeedAt(text: string, label: string): Seed {
  const fail = (part: string, why: string, position: number): never => {
    throw new MeshError("MESH_E_BAD_SEED", `${label}: the ${part} is wrong at character ${position + 1}: ${why}`);
  };
  const at = text.indexOf("@");
  if (at < 0) return fail("separator", "'@' between node id and address is missing", text.length);
  const id = text.slice(0, at).toLowerCase();
  if (!isNodeId(id)) {
    const badDigit = id.search(/[^0-9a-f]/);
    if (badDigit >= 0) return fail("node id", `${JSON.stringify(text[badDigit])} is no hex digit`, badDigit);
    return fail("node id", `it has ${id.length} hex digits instead of 64`, 0);
  }
  const address = text.slice(at + 1);
  const parsed = parseSocketAddressParts(address);
  if ("why" in parsed) return fail(parsed.part, parsed.why, at + 1 + parsed.position);
  return { id, address };
}

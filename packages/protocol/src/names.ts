/**
 * Names of meshes, types, operations and nodes. A node's name is `<mesh>.<type>.<first 6 hex digits of its id>`: derived from
 * the key, never chosen. Six digits can collide (24 bits); any longer prefix of the id makes a name of the same node.
 */
import { MeshError } from "./errors.js";

/** Digits of the id in a node's own name. */
export const NAME_ID_DIGITS = 6;

const LABEL = /^[a-z0-9][a-z0-9-]{0,62}$/;
const OPERATION = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const ID_PREFIX = /^[0-9a-f]{1,64}$/;

export function isMeshName(text: string): boolean {
  return LABEL.test(text);
}

export function isNodeType(text: string): boolean {
  return LABEL.test(text);
}

export function isOperationName(text: string): boolean {
  return OPERATION.test(text);
}

/** Operations starting with `mesh.` belong to meshwork itself. */
export function isReservedOperation(operation: string): boolean {
  return operation.startsWith("mesh.");
}

/** The name that a node gives itself. Throws MESH_E_BAD_MESH or MESH_E_BAD_TYPE. */
export function nodeName(mesh: string, type: string, id: string): string {
  if (!isMeshName(mesh)) throw new MeshError("MESH_E_BAD_MESH", JSON.stringify(mesh));
  if (!isNodeType(type)) throw new MeshError("MESH_E_BAD_TYPE", JSON.stringify(type));
  return longerName(mesh, type, id, NAME_ID_DIGITS);
}

/** A name with `digits` of the id, for when six are ambiguous. Mesh and type must have been checked. */
export function longerName(mesh: string, type: string, id: string, digits: number): string {
  return `${mesh}.${type}.${id.slice(0, digits)}`;
}

export interface ParsedName {
  readonly mesh: string;
  readonly type: string;
  /** 1 to 64 lower-case hex digits. */
  readonly idPrefix: string;
}

/** The parts of `<mesh>.<type>.<hex prefix>`, or `undefined` where the text is no such name. */
export function parseName(text: string): ParsedName | undefined {
  const parts = text.split(".", 4);
  if (parts.length !== 3) return undefined;
  const [mesh, type, idPrefix] = parts as [string, string, string];
  if (!isMeshName(mesh) || !isNodeType(type) || !ID_PREFIX.test(idPrefix)) return undefined;
  return { mesh, type, idPrefix };
}

/** True where the name is derived from this id (and this mesh, where given): what a peer calls itself is a claim until then. */
export function isNameOf(name: string, id: string, mesh?: string): boolean {
  const parsed = parseName(name);
  return (
    parsed !== undefined &&
    parsed.idPrefix.length >= NAME_ID_DIGITS &&
    id.startsWith(parsed.idPrefix) &&
    (mesh === undefined || parsed.mesh === mesh)
  );
}

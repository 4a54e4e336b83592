/**
 * Validation of what comes in from other processes. The console checks at its edge; the supervisor checks again here, since
 * what it does with a request (start processes, send signals, remove directories) must not hang on another room's care.
 */
import { SupervisorError } from "./errors.js";
import type { NodeSpec, SpawnRequest } from "./types.js";

const LABEL = /^[a-z0-9][a-z0-9-]{0,62}$/;
const NAME = /^[a-z0-9][a-z0-9-]{0,62}\.[a-z0-9][a-z0-9-]{0,62}\.[0-9a-f]{6,64}$/;
const SLOT = /^n[0-9]{1,9}-[0-9a-f]{8}$/;
const SEED = /^[0-9a-f]{64}@[0-9A-Fa-f.:[\]]{2,60}:[0-9]{1,5}$/;

/** A budget above this is a slip of the unit, not a machine. */
const MAX_CPU_BUDGET_CORES = 4_096;
const MAX_RAM_BUDGET_BYTES = 2 ** 50;

export const isLabel = (value: unknown): value is string => typeof value === "string" && LABEL.test(value);
export const isNodeName = (value: unknown): value is string => typeof value === "string" && NAME.test(value);
export const isSlot = (value: unknown): value is string => typeof value === "string" && SLOT.test(value);
export const isSeed = (value: unknown): value is string => typeof value === "string" && SEED.test(value);
export const isNodeId = (value: unknown): value is string => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const SPAWN_KEYS = new Set(["mesh", "type", "cpuBudgetCores", "ramBudgetBytes"]);

/** Throws MESH_E_BAD_REQUEST; unknown fields are refused, so that a typing slip is not silently a default. */
export function validateSpawn(request: SpawnRequest): NodeSpec {
  if (!isRecord(request)) throw bad("the request must be an object");
  for (const key of Object.keys(request)) if (!SPAWN_KEYS.has(key)) throw bad(`unknown field '${key.slice(0, 64)}'`);
  const { mesh, type, cpuBudgetCores, ramBudgetBytes } = request as SpawnRequest;
  if (!isLabel(mesh))
    throw bad("'mesh' must be a-z, 0-9 and '-', starting with a letter or digit, at most 63 characters");
  if (!isLabel(type))
    throw bad("'type' must be a-z, 0-9 and '-', starting with a letter or digit, at most 63 characters");
  return {
    mesh,
    type,
    cpuBudgetCores: budget("cpuBudgetCores", cpuBudgetCores, MAX_CPU_BUDGET_CORES, false),
    ramBudgetBytes: budget("ramBudgetBytes", ramBudgetBytes, MAX_RAM_BUDGET_BYTES, true),
  };
}

export function validateCount(count: unknown, max: number): number {
  if (!Number.isInteger(count) || (count as number) < 1 || (count as number) > max) {
    throw bad(`'count' must be a whole number from 1 to ${max}`);
  }
  return count as number;
}

/** A node's full name, or its slot where it has no name yet. */
export function validateRef(ref: unknown): string {
  if (!isNodeName(ref) && !isSlot(ref)) throw bad("a node is named <mesh>.<type>.<hex>");
  return ref;
}

function budget(field: string, value: unknown, max: number, whole: boolean): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0 || value > max || (whole && value % 1 !== 0)) {
    throw bad(`'${field}' must be a ${whole ? "whole " : ""}number above 0 and at most ${max}`);
  }
  return value;
}

const bad = (detail: string): SupervisorError => new SupervisorError("MESH_E_BAD_REQUEST", detail);

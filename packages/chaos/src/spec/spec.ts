/**
 * What is to be done to a cluster, written down: whom (selector), what (action), how long (duration), how often (schedule). Checked before
 * anything is done; every message names the field.
 */
import { MeshError } from "@meshwork/protocol";
import type { Fault } from "../faults/fault.js";
import { faultNamed } from "../faults/index.js";

export interface ChaosSpec {
  /** A name, the beginning of one, an id's beginning, or a type; or by its parts. Default: drawn from the run's seed. */
  readonly selector?: string | { readonly mesh?: string; readonly type?: string };
  /** A fault, as `mesh chaos list` names it. */
  readonly action: string;
  /** How long it lasts at least: `10s`, or milliseconds. Default 5 s. */
  readonly duration?: number | string;
  /** Again so long after the round before was due, so many times in all. Default: once. */
  readonly schedule?: { readonly every: number | string; readonly rounds: number };
}

/** A spec that was checked. */
export interface Plan {
  readonly fault: Fault;
  readonly target: string | undefined;
  readonly forMs: number;
  readonly everyMs: number;
  readonly rounds: number;
}

/** A fault that is noticed at once stays for a while: what must never happen needs time to happen. */
export const DEFAULT_FOR_MS = 5_000;
const MAX_FOR_MS = 600_000;
const MIN_EVERY_MS = 1_000;
const MAX_EVERY_MS = 86_400_000;
const MAX_ROUNDS = 100;
const FIELDS = ["selector", "action", "duration", "schedule"];
const LABEL = /^[a-z0-9][a-z0-9-]{0,62}$/;
const SELECTOR = /^[a-z0-9][a-z0-9.-]{0,255}$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Throws MESH_E_BAD_OPTION, MESH_E_NO_SUCH_FAULT. */
export function planOf(spec: ChaosSpec): Plan {
  const fields = recordOf(spec, "a spec");
  const stranger = Object.keys(fields).find((field) => !FIELDS.includes(field));
  if (stranger !== undefined) throw bad(`a spec has no ${stranger}: there are ${FIELDS.join(", ")}`);
  const { selector, action, duration, schedule } = fields;
  if (typeof action !== "string") throw bad("action: name a fault");
  return {
    fault: faultNamed(action),
    target: selector === undefined ? undefined : targetOf(selector),
    forMs: duration === undefined ? DEFAULT_FOR_MS : spanOf("duration", duration, 0, MAX_FOR_MS),
    ...(schedule === undefined ? { everyMs: 0, rounds: 1 } : scheduleOf(schedule)),
  };
}

function scheduleOf(schedule: unknown): Pick<Plan, "everyMs" | "rounds"> {
  const { every, rounds } = recordOf(schedule, "schedule");
  if (!Number.isInteger(rounds) || (rounds as number) < 1 || (rounds as number) > MAX_ROUNDS)
    throw bad(`schedule.rounds: a whole number from 1 to ${MAX_ROUNDS}`);
  return { everyMs: spanOf("schedule.every", every, MIN_EVERY_MS, MAX_EVERY_MS), rounds: rounds as number };
}

/** The beginning of a name says mesh and type. */
function targetOf(selector: unknown): string {
  if (typeof selector === "string") {
    if (!SELECTOR.test(selector)) throw bad("selector: a name, the beginning of one, an id's beginning, or a type");
    return selector;
  }
  const { mesh, type, ...rest } = recordOf(selector, "selector");
  const parts = [mesh, type].filter((part) => part !== undefined);
  if (Object.keys(rest).length > 0 || parts.length === 0 || !parts.every((part) => LABEL.test(String(part))))
    throw bad("selector: mesh, type or both");
  if (mesh === undefined) return String(type);
  return type === undefined ? `${mesh}.` : `${mesh}.${type}.`;
}

function spanOf(field: string, value: unknown, minMs: number, maxMs: number): number {
  const match = typeof value === "string" ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) : null;
  const ms = match === null ? value : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (typeof ms !== "number" || !(ms >= minMs && ms <= maxMs))
    throw bad(`${field}: a time such as 10s, or milliseconds, from ${minMs} to ${maxMs} ms`);
  return Math.round(ms);
}

function recordOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(`${what} has to be an object`);
  return value as Record<string, unknown>;
}

function bad(detail: string): MeshError {
  return new MeshError("MESH_E_BAD_OPTION", `chaos: ${detail}`);
}

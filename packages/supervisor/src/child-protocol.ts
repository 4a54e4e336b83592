/**
 * What the supervisor and its children say to each other over Node's IPC channel. The channel is private to the two
 * processes, yet every message is checked in full on receipt: a child may be of another build, or broken on purpose.
 * Calls between console and supervisor travel on the same channel as `kind: "rpc-…"` (console-link.ts).
 *
 * `slot` is absent in a process that is one node; in an inline host it says which of its nodes is meant.
 */
import type { ReadyInfo } from "./types.js";
import { isLabel, isNodeId, isNodeName, isRecord, isSeed, isSlot } from "./validate.js";

export type ChildMessage = { readonly slot?: string } & (
  | { readonly kind: "step"; readonly step: string }
  | ({ readonly kind: "ready" } & ReadyInfo)
  | {
      readonly kind: "failed";
      readonly code: string;
      readonly message: string;
      readonly hint: string;
      readonly step?: string;
    }
  | { readonly kind: "stopped" }
  /** The console only: its HTTP server is up. */
  | { readonly kind: "listening"; readonly url: string; readonly port: number }
);

export type ParentMessage =
  | { readonly kind: "stop"; readonly reason: string; readonly slot?: string }
  | { readonly kind: "add"; readonly slot: string; readonly options: InlineNodeOptions }
  | { readonly kind: "remove"; readonly slot: string; readonly reason: string };

/** What an inline host needs to start one node; shaped as `NodeOptions` of `@meshwork/node`. */
export interface InlineNodeOptions {
  readonly mesh: string;
  readonly type: string;
  readonly dataDir: string;
  readonly seeds: readonly string[];
  readonly observe: readonly string[];
  readonly bind?: string;
  readonly cpuBudgetCores?: number;
  readonly ramBudgetBytes?: number;
  readonly telemetry?: { readonly url: string; readonly token: string };
}

const MAX_TEXT = 4_096;
const MAX_ADDRESSES = 32;

const text = (value: unknown, max = MAX_TEXT): value is string => typeof value === "string" && value.length <= max;
const texts = (value: unknown, max: number): value is string[] =>
  Array.isArray(value) && value.length <= max && value.every((item) => text(item, 256));
const positive = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value > 0;
const code = (value: unknown): value is string => typeof value === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(value);
const isUrl = (value: unknown): value is string => text(value, 512) && /^https?:\/\/[^\s]+$/.test(value);

/** Undefined where the message is not one of ours, field by field. Never throws. */
export function parseChildMessage(raw: unknown): ChildMessage | undefined {
  if (!isRecord(raw)) return undefined;
  const slot = slotOf(raw);
  if (slot === undefined) return undefined;
  switch (raw.kind) {
    case "step":
      return text(raw.step, 128) && raw.step !== "" ? { kind: "step", step: raw.step, ...slot } : undefined;
    case "ready": {
      const info = parseReady(raw);
      return info && { kind: "ready", ...info, ...slot };
    }
    case "failed": {
      const { message, hint, step } = raw;
      if (!code(raw.code) || !text(message) || !text(hint)) return undefined;
      if (step !== undefined && !text(step, 128)) return undefined;
      return { kind: "failed", code: raw.code, message, hint, ...(step === undefined ? {} : { step }), ...slot };
    }
    case "stopped":
      return { kind: "stopped", ...slot };
    case "listening": {
      const { url, port } = raw;
      if (!isUrl(url) || !Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535) return undefined;
      return { kind: "listening", url, port: port as number, ...slot };
    }
    default:
      return undefined;
  }
}

/** Undefined where the message is not one of ours, field by field. Never throws. */
export function parseParentMessage(raw: unknown): ParentMessage | undefined {
  if (!isRecord(raw)) return undefined;
  const slot = slotOf(raw);
  if (slot === undefined) return undefined;
  const { reason } = raw;
  switch (raw.kind) {
    case "stop":
      return text(reason, 256) ? { kind: "stop", reason, ...slot } : undefined;
    case "remove":
      return slot.slot !== undefined && text(reason, 256) ? { kind: "remove", slot: slot.slot, reason } : undefined;
    case "add": {
      const options = parseInlineOptions(raw.options);
      return slot.slot !== undefined && options ? { kind: "add", slot: slot.slot, options } : undefined;
    }
    default:
      return undefined;
  }
}

function parseReady(raw: Record<string, unknown>): ReadyInfo | undefined {
  const { id, name, mesh, type, addresses, seed, bootMs, bootTraceId, pid } = raw;
  if (!isNodeId(id) || !isNodeName(name) || !isLabel(mesh) || !isLabel(type)) return undefined;
  // The name is derived from the key: a child that says otherwise is not believed.
  if (!name.startsWith(`${mesh}.${type}.`) || !id.startsWith(name.slice(mesh.length + type.length + 2)))
    return undefined;
  if (!texts(addresses, MAX_ADDRESSES) || !isSeed(seed) || !seed.startsWith(`${id}@`)) return undefined;
  if (typeof bootMs !== "number" || !(bootMs >= 0) || !Number.isFinite(bootMs)) return undefined;
  if (typeof bootTraceId !== "string" || !/^[0-9a-f]{32}$/.test(bootTraceId)) return undefined;
  if (!Number.isInteger(pid) || (pid as number) < 1) return undefined;
  return { id, name, mesh, type, addresses, seed, bootMs, bootTraceId, pid: pid as number };
}

function parseInlineOptions(raw: unknown): InlineNodeOptions | undefined {
  if (!isRecord(raw)) return undefined;
  const { mesh, type, dataDir, seeds, observe, bind, cpuBudgetCores, ramBudgetBytes, telemetry } = raw;
  if (!isLabel(mesh) || !isLabel(type) || !text(dataDir) || dataDir === "") return undefined;
  if (!Array.isArray(seeds) || seeds.length > 64 || !seeds.every(isSeed)) return undefined;
  if (!Array.isArray(observe) || observe.length > 64 || !observe.every(isLabel)) return undefined;
  if (bind !== undefined && !text(bind, 64)) return undefined;
  if (cpuBudgetCores !== undefined && !positive(cpuBudgetCores)) return undefined;
  if (ramBudgetBytes !== undefined && !positive(ramBudgetBytes)) return undefined;
  if (telemetry !== undefined && !(isRecord(telemetry) && isUrl(telemetry.url) && text(telemetry.token, 256))) {
    return undefined;
  }
  return {
    mesh,
    type,
    dataDir,
    seeds,
    observe,
    ...(bind === undefined ? {} : { bind }),
    ...(cpuBudgetCores === undefined ? {} : { cpuBudgetCores }),
    ...(ramBudgetBytes === undefined ? {} : { ramBudgetBytes }),
    ...(telemetry === undefined
      ? {}
      : { telemetry: { url: telemetry.url as string, token: telemetry.token as string } }),
  };
}

/** `{}` or `{slot}`; undefined where a slot is there and wrong. */
function slotOf(raw: Record<string, unknown>): { slot?: string } | undefined {
  if (raw.slot === undefined) return {};
  return isSlot(raw.slot) ? { slot: raw.slot } : undefined;
}

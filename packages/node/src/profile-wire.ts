/**
 * `mesh.profile` on the wire: the order is JSON, the reply gzipped JSON, both bounded on either side. A profile that does not fit
 * is refused where it was taken; one that does not read is the sender's breach of protocol.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { MAX_BODY_BYTES, MeshError } from "@meshwork/protocol";
import { CPU_PROFILE_LIMITS, profileFault } from "./cpu-profile.js";
import type { NodeProfile } from "./profile-types.js";

export const PROFILE_OPERATION = "mesh.profile";
const PROFILE_DURATION_MS = { min: 100, max: 60_000 } as const;
/** A reply that unpacks to more is not unpacked. 20,000 call sites take about 4 MB. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;
const MAX_ORDER_BYTES = 256;
const MAX_THREAD_ROWS = 256;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export function encodeOrder(durationMs: number): string {
  return JSON.stringify({ durationMs });
}

/** Throws MESH_E_REFUSED with what is wrong. */
export function decodeOrder(body: Uint8Array): number {
  return checkDuration(body.byteLength > MAX_ORDER_BYTES ? undefined : durationIn(body));
}

/** Throws MESH_E_REFUSED. */
export function checkDuration(durationMs: unknown): number {
  const { min, max } = PROFILE_DURATION_MS;
  if (typeof durationMs !== "number" || !Number.isInteger(durationMs) || durationMs < min || durationMs > max)
    throw new MeshError("MESH_E_REFUSED", `durationMs must be a whole number from ${min} to ${max}`);
  return durationMs;
}

function durationIn(body: Uint8Array): unknown {
  try {
    return (JSON.parse(new TextDecoder().decode(body)) as { durationMs?: unknown } | null)?.durationMs;
  } catch {
    return undefined;
  }
}

/** Throws MESH_E_BODY_TOO_LARGE where the profile has too many call sites, or does not fit into a reply. */
export async function encodeProfile(result: NodeProfile): Promise<Uint8Array> {
  const sites = result.profile.nodes.length;
  if (sites > CPU_PROFILE_LIMITS.nodes)
    throw new MeshError(
      "MESH_E_BODY_TOO_LARGE",
      `the profile has ${sites} call sites, at most ${CPU_PROFILE_LIMITS.nodes}: take a shorter one`,
    );
  const body = await pack(JSON.stringify(result));
  if (body.byteLength > MAX_BODY_BYTES)
    throw new MeshError(
      "MESH_E_BODY_TOO_LARGE",
      `the profile has ${body.byteLength} bytes packed, at most ${MAX_BODY_BYTES}: take a shorter one`,
    );
  return body;
}

/** Throws MESH_E_PROTOCOL. */
export async function decodeProfile(body: Uint8Array): Promise<NodeProfile> {
  try {
    const text = (await unpack(body, { maxOutputLength: MAX_UNPACKED_BYTES })).toString();
    const value = JSON.parse(text) as NodeProfile;
    const fault = faultOf(value) ?? profileFault(value.profile);
    if (fault !== undefined) throw new Error(fault);
    return value;
  } catch (error) {
    throw new MeshError("MESH_E_PROTOCOL", `the profile in the reply cannot be read: ${(error as Error).message}`);
  }
}

function faultOf(value: unknown): string | undefined {
  if (!isObject(value) || typeof value.node !== "string") return "no profile";
  const { process } = value;
  if (!isObject(process) || !isCount(process.pid) || typeof process.shared !== "boolean") return "no process";
  if (!isCount(value.samplingIntervalUs)) return "no sampling interval";
  return [value.quiet, value.sampled].every(isWindow) ? undefined : "no figures around the profile";
}

function isWindow(value: unknown): boolean {
  if (!isObject(value) || !isAmount(value.durationMs) || !isAmount(value.cpuMs) || !isCount(value.connectionsOpened))
    return false;
  const { threads, frames } = value;
  return (
    isObject(frames) &&
    Object.values(frames).every((counts) => isObject(counts) && FRAME_COUNTS.every((key) => isCount(counts[key]))) &&
    (threads === null || (Array.isArray(threads) && threads.length <= MAX_THREAD_ROWS && threads.every(isThread)))
  );
}

const FRAME_COUNTS = ["sent", "received", "sentBytes", "receivedBytes"] as const;

function isThread(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.name === "string" &&
    ["main", "profiler", "other"].includes(value.role as string) &&
    isAmount(value.cpuMs) &&
    isCount(value.wakeUps)
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
const isAmount = (value: unknown): boolean => typeof value === "number" && value >= 0;
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

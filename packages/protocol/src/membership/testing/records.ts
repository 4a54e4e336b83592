/** Records for tests: small ones, by number, with signatures that mean nothing. The membership machines never look at those. */
import { bytesToHex } from "../../ids.js";
import { signRecord } from "../../wire/envelope.js";
import type { NodeRecord, SignedRecord } from "../types.js";

/** 64 hex digits that differ in their first six, spread over all buckets. */
export function testId(number: number): string {
  const bytes = new Uint8Array(32);
  let state = (number + 1) * 0x9e3779b1;
  for (let i = 0; i < 32; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) + 0x6b43a9b5;
    bytes[i] = (state >>> 24) ^ (i === 31 ? number : 0);
  }
  return bytesToHex(bytes);
}

export function testRecord(overrides: Partial<NodeRecord> = {}): NodeRecord {
  return {
    id: testId(1),
    bootNonce: "00112233445566ff",
    mesh: "mesh1",
    type: "broker",
    generation: 1,
    sequence: 1,
    addresses: ["127.0.0.1:4433", "[::1]:4433"],
    version: "0.1.0",
    startedAtMs: 1_790_000_000_000,
    neighbors: [],
    loadClass: "idle",
    cpuBudgetCores: 4,
    ramBudgetBytes: 2_147_483_648,
    framesSent: 0,
    framesReceived: 0,
    refreshIntervalMs: 30_000,
    status: "alive",
    ...overrides,
  };
}

export function testSigned(overrides: Partial<NodeRecord> = {}): SignedRecord {
  return signRecord(testRecord(overrides), fakeSign);
}

export function fakeSign(message: Uint8Array): Uint8Array {
  return new Uint8Array(64).fill(message.length & 0xff);
}

/** 32 bytes by FNV-1a with a finaliser per lane: spreads well, resists nobody. */
export function testHash(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32);
  for (let lane = 0; lane < 8; lane++) {
    let state = 0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b1);
    for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193);
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    new DataView(digest.buffer).setUint32(4 * lane, (state ^ (state >>> 16)) >>> 0);
  }
  return digest;
}

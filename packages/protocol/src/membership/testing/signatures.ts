/** Signatures for tests that know who signed what, without cryptography: 32 bytes of hash over key and message, twice. */
import { hexInto } from "../../ids.js";
import { signRecord } from "../../wire/envelope.js";
import {
  type Accusation,
  type Obituary,
  type ObituarySigner,
  obituarySignatureInput,
  signObituary,
} from "../../wire/obituary.js";
import type { NodeRecord, SignedRecord } from "../types.js";
import { testHash, testRecord } from "./records.js";

/** Signs as this id. */
export function testSigner(id: string): (message: Uint8Array) => Uint8Array {
  return (message) => {
    const input = new Uint8Array(32 + message.length);
    hexInto(id, input);
    input.set(message, 32);
    const digest = testHash(input);
    const signature = new Uint8Array(64);
    signature.set(digest);
    signature.set(digest, 32);
    return signature;
  };
}

export function testVerify(id: string, message: Uint8Array, signature: Uint8Array): boolean {
  return testSigner(id)(message).every((byte, index) => byte === signature[index]);
}

export function testWitness(accusation: Accusation, id: string): ObituarySigner {
  return { id, signature: testSigner(id)(obituarySignatureInput(accusation, "witness")) };
}

export function testObituary(accusation: Accusation, issuer: string, witness?: string): Obituary {
  const second = witness === undefined ? undefined : testWitness(accusation, witness);
  return signObituary(accusation, issuer, testSigner(issuer), second);
}

/** Signed by the id in it, so that `testVerify` accepts it. */
export function testSignedBy(overrides: Partial<NodeRecord> & { readonly id: string }): SignedRecord {
  return signRecord(testRecord(overrides), testSigner(overrides.id));
}

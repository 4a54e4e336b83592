/**
 * Attribute values as the store keeps them: a primitive, or an array of primitives.
 *
 * OTLP's values nest and know 64-bit integers and bytes. Integers beyond 2^53 become their decimal digits, bytes base64, maps
 * and nested arrays JSON; a key without a value is left out. Both readers (protobuf, JSON) build `NestedValue`s and meet here.
 */
import type { AttributeValue } from "../types.js";

export type NestedValue = string | number | boolean | null | NestedValue[] | { [key: string]: NestedValue };
export type AttributeRecord = Record<string, AttributeValue>;

/** `undefined`: there is no value. */
export function attributeValue(value: NestedValue): AttributeValue | undefined {
  if (value === null) return undefined;
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => (isPrimitive(item) ? item : JSON.stringify(item)));
  return JSON.stringify(value);
}

/** Sets an own property, `__proto__` included; the last of equal keys wins. */
export function setOwn<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__")
    Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
  else record[key] = value;
}

/** A 64-bit integer as a number where that is exact, else as its digits. */
export function integerValue(value: bigint | string | number): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function isPrimitive(value: NestedValue): value is string | number | boolean {
  return value !== null && typeof value !== "object";
}

/** Which differences between two records of a member are news to those who follow the directory. */
import type { NodeRecord } from "./types.js";

/** A refresh that says nothing new is no change. */
export function isWorthTelling(before: NodeRecord, after: NodeRecord): boolean {
  return (
    before.generation !== after.generation ||
    before.loadClass !== after.loadClass ||
    before.version !== after.version ||
    before.status !== after.status ||
    before.relayUrl !== after.relayUrl ||
    before.addresses.length !== after.addresses.length ||
    before.addresses.some((address, index) => address !== after.addresses[index])
  );
}

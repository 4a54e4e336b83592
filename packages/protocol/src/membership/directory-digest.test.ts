import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketOf, DirectoryDigest } from "./directory-digest.js";
import { testHash, testId } from "./testing/records.js";

const entry = fc.record({ number: fc.nat(200), generation: fc.maxSafeNat(), sequence: fc.maxSafeNat() });

test("a digest depends on the set alone, and entries taken out leave no trace", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), fc.array(entry, { maxLength: 5 }), (entries, passing) => {
      const one = new DirectoryDigest(testHash);
      const other = new DirectoryDigest(testHash);
      for (const { number, ...version } of entries) one.toggle({ id: testId(number), ...version });
      for (const { number, ...version } of passing) other.toggle({ id: testId(number), ...version });
      for (const { number, ...version } of entries.toReversed()) other.toggle({ id: testId(number), ...version });
      for (const { number, ...version } of passing) other.toggle({ id: testId(number), ...version });
      for (const bits of [0, 4, 8] as const) expect(other.at(bits)).toEqual(one.at(bits));
    }),
  );
});

test("one entry changes its own bucket at every width, and each part of it counts", () => {
  const id = testId(7);
  const seen = new Set<string>();
  for (const version of [
    { generation: 1, sequence: 1 },
    { generation: 2, sequence: 1 },
    { generation: 1, sequence: 2 },
    { generation: 1, sequence: 2 ** 40 + 1 },
  ]) {
    const digest = new DirectoryDigest(testHash);
    digest.toggle({ id, ...version });
    for (const bits of [4, 8] as const) {
      const bytes = digest.at(bits);
      for (let bucket = 0; bucket < 1 << bits; bucket++) {
        const empty = bytes.subarray(8 * bucket, 8 * bucket + 8).every((byte) => byte === 0);
        expect(empty).toBe(bucket !== bucketOf(id, bits));
      }
    }
    expect(digest.at(0).length).toBe(8);
    seen.add(digest.at(0).join());
  }
  expect(seen.size).toBe(4);
});

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { RecordLog } from "./record-log.js";

test("an offset reads back what was appended under it", () => {
  const log = new RecordLog({ maxRecords: 4, maxBytes: 100 });
  const offset = log.append(Buffer.from("hello"));
  expect(Buffer.from(log.read(offset)).toString()).toBe("hello");
});

test("an evicted or future offset is an error that says what is held", () => {
  const log = new RecordLog({ maxRecords: 2, maxBytes: 100 });
  expect(() => log.read(0)).toThrow("the log is empty");
  for (let index = 0; index < 5; index++) log.append(Uint8Array.of(index));
  expect(() => log.read(2)).toThrow("the log holds 3 to 4");
  expect(() => log.read(5)).toThrow("the log holds 3 to 4");
  expect(() => log.read(Number.NaN)).toThrow(RangeError);
  expect(log.newest()).toEqual(Uint8Array.of(4));
});

test("a record that could never fit is refused and evicts nobody", () => {
  const log = new RecordLog({ maxRecords: 4, maxBytes: 10 });
  log.append(new Uint8Array(3));
  expect(() => log.append(new Uint8Array(11))).toThrow(RangeError);
  expect(log.size).toBe(1);
});

test("whatever is appended, both bounds hold and the newest records are the ones kept", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 16, max: 64 }),
      fc.array(fc.uint8Array({ maxLength: 16 }), { maxLength: 60 }),
      (maxRecords, maxBytes, records) => {
        const log = new RecordLog({ maxRecords, maxBytes });
        records.forEach((record, index) => {
          expect(log.append(record)).toBe(index);
          expect(log.size).toBeLessThanOrEqual(maxRecords);
          expect(log.bytes).toBeLessThanOrEqual(maxBytes);
        });
        let bytes = 0;
        for (let offset = log.firstOffset; offset < log.nextOffset; offset++) {
          expect(log.read(offset)).toBe(records[offset]);
          bytes += log.read(offset).byteLength;
        }
        expect(log.bytes).toBe(bytes);
      },
    ),
  );
});

/**
 * What a cluster finds on its network besides itself: a collector for telemetry (OTLP over HTTP) and a name server, both in the hub and
 * both as healthy as they are told to be. Ends with its parent.
 */
import { createSocket } from "node:dgram";
import { Collector } from "./collector.js";
import { COLLECTOR_PORT, DNS_PORT, type Services } from "./services-protocol.js";

const state: Services = { collector: "gone", dns: "ok" };
const collector = new Collector("0.0.0.0", COLLECTOR_PORT);

const names = createSocket("udp4");
names.on("message", (query, { port, address }) => {
  if (state.dns === "ok") names.send(answerTo(query), port, address);
});
names.on("error", () => {});

/** The question back with one A record, 10.77.255.254, whatever the name (RFC 1035 §4). */
function answerTo(query: Buffer): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 6);
  header.writeUInt32BE(0, 8);
  let end = 12;
  while (end < query.length && query[end] !== 0) end += (query[end] ?? 0) + 1;
  const question = query.subarray(12, end + 5);
  const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 10, 77, 255, 254]);
  return Buffer.concat([header, question, record]);
}

async function apply(next: Services): Promise<void> {
  await collector.set(next.collector);
  Object.assign(state, next);
}

process.on("message", (next: Services) => {
  void apply(next).then(() => process.send?.({ kind: "done" }));
});
process.on("disconnect", () => process.exit(0));
names.bind(DNS_PORT, "0.0.0.0", () => process.send?.({ kind: "up" }));

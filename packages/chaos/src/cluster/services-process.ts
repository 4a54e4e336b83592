/**
 * What a cluster finds on its network besides itself: a collector for telemetry (OTLP over HTTP) and a name server, both in the hub and
 * both as healthy as they are told to be. Ends with its parent.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import { COLLECTOR_PORT, DNS_PORT, type Services } from "./services-protocol.js";

const state: Services = { collector: "ok", dns: "ok" };

const server = createServer((request, response) => {
  request.on("data", () => {});
  request.on("end", () => {
    if (state.collector === "hanging") return;
    response.writeHead(200, { "content-type": "application/x-protobuf" });
    response.end();
  });
});

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
  if (next.collector === "gone" && server.listening) {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  } else if (next.collector !== "gone" && !server.listening) {
    await new Promise<void>((resolve) => server.listen(COLLECTOR_PORT, "0.0.0.0", resolve));
  }
  // Whoever was left hanging may try again.
  if (state.collector === "hanging" && next.collector === "ok") server.closeAllConnections();
  Object.assign(state, next);
}

process.on("message", (next: Services) => {
  void apply(next).then(() => process.send?.({ kind: "done" }));
});
process.on("disconnect", () => process.exit(0));
names.bind(DNS_PORT, "0.0.0.0", () => process.send?.({ kind: "up" }));

/** The yardstick of the same minute: the binding alone, one stream, the same number of bytes, no mesh. Bytes are converted once. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Endpoint, EndpointAddr, EndpointId, presetMinimal, RelayMode } from "@number0/iroh/index.js";

const ALPN = [...Buffer.from("meshwork-bench")];
const WARM_UP = 3_000;

async function bind() {
  const builder = Endpoint.builder();
  presetMinimal(builder);
  builder.alpns([ALPN]);
  builder.relayMode(RelayMode.disabled());
  builder.bindAddr("127.0.0.1:0");
  builder.bindAddr("[::1]:0");
  return builder.bind();
}

async function serve() {
  const endpoint = await bind();
  process.on("disconnect", () => process.exit());
  process.send({
    id: endpoint.id().toString(),
    address: endpoint.boundSockets().find((socket) => socket.startsWith("127")),
  });
  const connection = await (await (await endpoint.acceptNext()).accept()).connect();
  const { send, recv } = await connection.acceptBi();
  for (;;) {
    const bytes = await recv.read(65_536);
    if (bytes.length === 0) break;
    await send.writeAll(bytes);
  }
}

/** Latencies in ms of `count` round trips of `bytes`, one at a time, between two processes. */
export async function rawEcho(count, bytes) {
  const child = fork(fileURLToPath(import.meta.url), ["serve"], { env: { ...process.env, TOKIO_WORKER_THREADS: "1" } });
  const { id, address } = await new Promise((resolve) => child.once("message", resolve));
  const endpoint = await bind();
  const connection = await endpoint.connect(new EndpointAddr(EndpointId.fromString(id), null, [address]), ALPN);
  const { send, recv } = await connection.openBi();
  const body = Array(bytes).fill(1);
  const latenciesMs = [];
  for (let round = 0; round < WARM_UP + count; round++) {
    const beforeMs = performance.now();
    await send.writeAll(body);
    for (let read = 0; read < bytes; ) read += (await recv.read(65_536)).length;
    if (round >= WARM_UP) latenciesMs.push(performance.now() - beforeMs);
  }
  connection.close(0n, []);
  await endpoint.close();
  child.disconnect();
  return latenciesMs;
}

if (process.argv[2] === "serve") await serve();

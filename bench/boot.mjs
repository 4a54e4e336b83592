/** Process start to `mesh.node.ready`: one node at a time, twelve times, telemetry on. */
import { createServer } from "node:http";
import { Children } from "./lib/children.mjs";
import { percentile, round } from "./lib/stats.mjs";

const ROUNDS = 12;

export const title = `Boot: process start to ready, ${ROUNDS} processes one after another`;

export async function run() {
  const sink = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(200).end());
  });
  await new Promise((resolve) => sink.listen(0, "127.0.0.1", resolve));
  const bootsMs = [];
  const children = new Children();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const { bootMs } = await children.start(
        {},
        { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sink.address().port}` },
      );
      bootsMs.push(bootMs);
    }
  } finally {
    await children.stop();
    sink.closeAllConnections();
    sink.close();
  }
  const p50Ms = percentile(bootsMs, 0.5);
  return {
    figures: { p50Ms: round(p50Ms, 0), maxMs: round(Math.max(...bootsMs), 0) },
    checks: [{ id: "boot ≤ 400 ms (median)", ok: p50Ms <= 400 }],
  };
}

/** `fuzz self-test`: what is planted is found, and what is sound passes. A proxy before a real console plants answers of its own. */
import { createServer, request as httpRequest } from "node:http";
import { startCluster } from "./cluster.mjs";
import { fuzzHttp } from "./http.mjs";
import { fuzzOtlp } from "./otlp.mjs";
import { judgeGrowth, MAX_HANDLE_GROWTH, MAX_HELD_GROWTH_BYTES, MAX_RSS_GROWTH_BYTES } from "./vitals.mjs";
import { fuzzWire } from "./wire.mjs";

const CLUSTER = ["--mesh", "mesh1", "--types", "broker=1", "--inline", "--no-traffic"];
const CASES = 400;
const WIRE_CASES = 3_000;
const INTERNAL = JSON.stringify({ code: "MESH_E_INTERNAL", message: "planted", hint: "planted" });

/** Which answers are replaced, and the case that must name it. `body` gets the real one. */
const PLANTS = {
  "a 500 of one endpoint": {
    fuzz: fuzzHttp,
    finds: "GET /api/messages",
    where: ({ method, url }) => method === "GET" && /^\/api\/messages(\?|$)/.test(url),
    status: 500,
    body: () => INTERNAL,
  },
  "a field that the document does not name": {
    fuzz: fuzzHttp,
    finds: "GET /api/health",
    where: ({ url }) => url === "/api/health",
    body: (text) => text.replace("{", '{"planted":1,'),
  },
  "a 503 without a code": {
    fuzz: fuzzHttp,
    finds: "GET /api/events",
    where: ({ method, url }) => method === "GET" && /^\/api\/events(\?|$)/.test(url),
    status: 503,
    body: () => "busy",
  },
  "a 500 of the intake": {
    fuzz: fuzzOtlp,
    finds: "metrics changed",
    where: ({ url }, bytes) => url === "/v1/metrics" && bytes.length > 100,
    status: 500,
    body: () => INTERNAL,
  },
};

export async function selfTest({ seed, report, namesOf }) {
  judgeSeries(report);
  const cluster = await startCluster(CLUSTER);
  try {
    const names = () => namesOf(cluster);
    for (const fuzz of [fuzzHttp, fuzzOtlp]) {
      const quiet = new QuietReport();
      const run = await fuzz({ target: { ...cluster, names }, seed, report: quiet, stopAt: { cases: CASES } });
      tell(report, `${run.suite}: a sound console passes`, quiet.failed.length === 0, quiet.failed[0]);
    }
    for (const [title, plant] of Object.entries(PLANTS)) {
      const proxy = await startProxy(cluster.url, plant);
      const quiet = new QuietReport();
      await plant.fuzz({
        target: { ...cluster, url: proxy.url, names },
        seed,
        report: quiet,
        stopAt: { cases: CASES },
      });
      await proxy.close();
      tell(
        report,
        `found: ${title}`,
        quiet.failed.some(({ id }) => id === plant.finds),
        quiet.failed[0],
      );
    }
  } finally {
    await cluster.stop();
  }
  const quiet = new QuietReport();
  await fuzzWire({ seed, report: quiet, planted: true, stopAt: { cases: WIRE_CASES } });
  tell(
    report,
    "found: a frame that ends the process",
    quiet.failed.some(({ id }) => id === "the process lives"),
    quiet.failed[0],
  );
}

function tell(report, id, found, saw) {
  if (found) report.pass(id);
  else report.fail(id, `it saw ${JSON.stringify(saw ?? "nothing wrong").slice(0, 300)}`);
}

function judgeSeries(report) {
  const flat = () => 100;
  const series = ({ heap = flat, rss = flat, handles = flat, stored = flat }) =>
    Array.from({ length: 50 }, (_, i) => ({
      ...{ heapBytes: heap(i), rssBytes: rss(i), handles: handles(i), storedBytes: stored(i) },
    }));
  const leak = (bound) => (i) => (i * 4 * bound) / 50;
  const held = leak(MAX_HELD_GROWTH_BYTES);
  /** Collected every tenth sample. */
  const sawtooth = (i) => (i % 10) * MAX_HELD_GROWTH_BYTES;
  const filling = (i) => Math.min(i, 10) * MAX_RSS_GROWTH_BYTES;
  const expected = [
    ["held memory that grows is found", series({ heap: held }), 1],
    ["held memory that grows under garbage is found", series({ heap: (i) => held(i) + sawtooth(i) }), 1],
    ["resident memory that grows is found", series({ rss: leak(MAX_RSS_GROWTH_BYTES) }), 1],
    ["handles that grow are found", series({ handles: leak(MAX_HANDLE_GROWTH) }), 1],
    ["garbage passes", series({ heap: sawtooth }), 0],
    ["a process that fills its buffers in the beginning passes", series({ rss: filling, heap: filling }), 0],
    ["a store that fills passes", series({ heap: held, stored: held }), 0],
    ["too few samples are no verdict", series({}).slice(0, 3), 1],
  ];
  for (const [title, samples, complaints] of expected) {
    const verdict = judgeGrowth(samples);
    tell(report, title, verdict.complaints.length === complaints, verdict);
  }
}

/** Keeps what failed, and says nothing. */
class QuietReport {
  failed = [];
  log() {}
  pass() {}
  fail(id, reason) {
    this.failed.push({ id, reason });
  }
}

async function startProxy(url, { where, status, body }) {
  const { hostname, port, host } = new URL(url);
  const server = createServer((incoming, outgoing) => {
    const chunks = [];
    const onward = httpRequest({
      hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, host },
    });
    incoming.on("data", (chunk) => {
      chunks.push(chunk);
      onward.write(chunk);
    });
    incoming.on("end", () => onward.end());
    outgoing.on("close", () => onward.destroy());
    onward.on("error", () => outgoing.destroy());
    onward.on("response", async (answer) => {
      if (!where(incoming, Buffer.concat(chunks)) || answer.statusCode !== 200) {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      const parts = [];
      for await (const part of answer) parts.push(part);
      outgoing.writeHead(status ?? 200, { "content-type": "application/json" });
      outgoing.end(body(Buffer.concat(parts).toString()));
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

/**
 * `fuzz otlp`: telemetry bodies at the console's intake, mutated from what the real exporters send. Judged as `fuzz http`, and besides:
 * the store stays within its bounds, every view made of what was taken in fits the document, `GET /metrics` names no series twice, and a
 * sound trace is taken in and shown afterwards.
 */
import { gzipSync } from "node:zlib";
import { ConsoleSession } from "./console-session.mjs";
import { JSON_METRICS, JSON_TRACES, protobufCorpus } from "./otlp-corpus.mjs";
import { mutateProtobuf, varintBytes } from "./protobuf-tree.mjs";
import { joined, mutateBytes, Random } from "./random.mjs";
import { Run } from "./runner.mjs";
import { anyValue } from "./values.mjs";

const LANES = 4;
const LOOK_MS = 1_000;
const TYPES = ["application/x-protobuf", "application/json", "text/plain", "application/x-protobuf; charset=x", ""];
const ENCODINGS = ["gzip", "identity", "deflate", "br", "gzip, gzip", "GZIP"];
const VIEWS = [
  "/api/traces?limit=100",
  "/api/messages?limit=100",
  "/api/services",
  "/api/nodes",
  "/api/cluster",
  "/api/events",
];

export async function fuzzOtlp({ target, report, ...order }) {
  const session = await ConsoleSession.open(target);
  const corpus = await protobufCorpus();
  const run = new Run({ suite: "otlp", lanes: LANES, ...order });
  const looks = new Looks(session);
  const looker = setInterval(() => void looks.look(), LOOK_MS);
  if (run.isLong) session.watch();
  await run.each(
    (seed, index) => caseOf(corpus, seed, index),
    async (one, note) => {
      const headers = { authorization: session.authorization, ...one.headers };
      const answer = await session.client.send({ ...one, method: "POST", headers, patienceMs: 20_000 });
      note(answer.outcome === "answered" ? answer.status : answer.outcome);
      if (answer.outcome === "left") return ["no answer within 20 s"];
      if (answer.outcome === "broken") return one.large ? [] : [`the connection broke: ${answer.reason}`];
      return session.complaints({ ...one, method: "POST" }, answer);
    },
  );
  clearInterval(looker);
  await looks.look();
  run.summarise(report, describe);
  looks.summarise(report);
  await soundTraceAfterwards(session, report);
  await session.close(report, run.isLong);
  return run;
}

function caseOf(corpus, seed, index) {
  const random = new Random(seed, index);
  const kind = random.pick(["traces", "metrics"]);
  const how = random.weighted({
    mutated: 2,
    changed: 8,
    sound: 1,
    fields: 4,
    random: 1,
    json: 4,
    bomb: 0.05,
    large: 0.05,
  });
  const body = bodyOf(random, corpus, kind, how);
  const headers = { "content-type": how === "json" ? TYPES[1] : TYPES[0] };
  if (random.chance(0.05)) headers["content-type"] = random.pick(TYPES);
  if (headers["content-type"] === "") delete headers["content-type"];
  const packed = how === "bomb" || random.chance(0.3);
  if (packed) headers["content-encoding"] = "gzip";
  if (random.chance(0.03)) headers["content-encoding"] = random.pick(ENCODINGS);
  const zipped = packed ? gzipSync(body) : body;
  const sent = packed && random.chance(0.3) ? mutateBytes(random, zipped) : zipped;
  const target = random.chance(0.95) ? `/v1/${kind}` : random.pick(["/v1/traces", "/v1/metrics"]);
  return {
    id: `${kind} ${how}${packed ? " gzip" : ""}`,
    index,
    target,
    headers,
    body: Buffer.from(sent),
    large: sent.length > 60_000,
  };
}

function bodyOf(random, corpus, kind, how) {
  switch (how) {
    case "mutated":
      return mutateBytes(random, random.pick(corpus[kind]));
    case "changed":
      return mutateProtobuf(random, random.pick(corpus[kind]));
    case "sound":
      return random.pick(corpus[kind]);
    case "fields":
      return protobufFields(random, 0);
    case "random":
      return random.bytes(random.length(3_000));
    case "json":
      return Buffer.from(JSON.stringify(brokenJson(random, kind === "traces" ? JSON_TRACES : JSON_METRICS)));
    case "bomb":
      return Buffer.alloc(random.int(1, 40) * 1_048_576, random.int(0, 255));
    default:
      return joined(...Array.from({ length: random.int(50, 800) }, () => random.pick(corpus[kind])));
  }
}

/** Well-formed protobuf of no particular message: field numbers as OTLP has them, nested. */
function protobufFields(random, depth) {
  const fields = Array.from({ length: random.int(1, depth === 0 ? 3 : 6) }, () => {
    const field = random.weighted({ 1: 5, 2: 5, 3: 2, 4: 2, 5: 3, 7: 3, 9: 3, 11: 1, 15: 1 });
    switch (random.weighted({ nested: depth < 9 ? 6 : 0, varint: 2, fixed: 2, bytes: 2, group: 0.2 })) {
      case "nested":
        return lengthDelimited(field, protobufFields(random, depth + 1));
      case "varint":
        return joined(
          Uint8Array.of(field << 3),
          random.pick([
            Uint8Array.of(0),
            Uint8Array.of(2),
            Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
          ]),
        );
      case "fixed":
        return joined(Uint8Array.of((field << 3) | 1), random.bytes(8));
      case "bytes":
        return lengthDelimited(
          field,
          random.chance(0.5) ? Buffer.from("mesh.operation") : random.bytes(random.pick([8, 16, 16, 32])),
        );
      default:
        return Uint8Array.of((field << 3) | random.pick([3, 4, 6, 7]));
    }
  });
  return joined(...fields);
}

function lengthDelimited(field, bytes) {
  return joined(Uint8Array.of((field << 3) | 2), varintBytes(BigInt(bytes.length)), bytes);
}

/** One place of the document, anywhere in its depth, holds something else. */
function brokenJson(random, value) {
  if (random.chance(0.12) || typeof value !== "object" || value === null) return anyValue(random);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.chance(0.1)) return [...value, anyValue(random)];
    const at = random.int(0, value.length - 1);
    return value.map((item, index) => (index === at ? brokenJson(random, item) : item));
  }
  const key = random.pick(Object.keys(value));
  return { ...value, [key]: brokenJson(random, value[key]) };
}

/** What the console shows of what it took in. */
class Looks {
  #session;
  #complaints = [];
  #count = 0;
  #busy = false;

  constructor(session) {
    this.#session = session;
  }

  async look() {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (const view of VIEWS) await this.#view(view);
      const { traces, store } = await this.#session.json("/api/traces?limit=20");
      for (const { traceId } of traces) await this.#view(`/api/traces/${traceId}`);
      if (store.spans > store.maxSpans || store.bytes > store.maxBytes)
        this.#complaints.push(`the store is above its bounds: ${JSON.stringify(store)}`);
      this.#complaints.push(...expositionComplaints((await this.#session.ask("/metrics")).body));
      this.#count += 1;
    } catch (error) {
      this.#complaints.push(error.message);
    } finally {
      this.#busy = false;
    }
  }

  async #view(target) {
    const answer = await this.#session.ask(target);
    // An evicted trace is no complaint.
    const complaints = this.#session.complaints({ method: "GET", target }, answer);
    this.#complaints.push(...complaints.map((text) => `${target}: ${text}`));
  }

  summarise(report) {
    if (this.#complaints.length === 0) report.pass("what is shown fits", { looks: this.#count });
    else report.fail("what is shown fits", this.#complaints[0], { complaints: this.#complaints.slice(0, 20) });
  }
}

const SERIES = /^[a-z_][a-z0-9_]*(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)*\})? (\+Inf|-?[\d.e+-]+)$/;

function expositionComplaints(text) {
  const seen = new Set();
  const complaints = [];
  for (const line of (text ?? "").trimEnd().split("\n")) {
    if (line.startsWith("# ")) continue;
    const series = line.slice(0, line.lastIndexOf(" "));
    if (!SERIES.test(line)) complaints.push(`/metrics: not a sample: ${line.slice(0, 200)}`);
    if (seen.has(series)) complaints.push(`/metrics: a series twice: ${series.slice(0, 200)}`);
    seen.add(series);
  }
  return complaints.slice(0, 5);
}

/** `JSON_TRACES` under an id of its own. */
async function soundTraceAfterwards(session, report) {
  const traceId = Buffer.from(Array.from({ length: 16 }, (_, i) => i + 1)).toString("hex");
  const body = JSON.stringify(JSON_TRACES).replaceAll("ab".repeat(16), traceId);
  const headers = { "content-type": "application/json" };
  const taken = await session.ask("/v1/traces", { method: "POST", headers, body });
  const shown = await session.ask(`/api/traces/${traceId}`);
  if (taken.status === 200 && shown.status === 200) report.pass("a sound trace afterwards");
  else report.fail("a sound trace afterwards", `taken in: ${taken.status}, shown: ${shown.status}`);
}

function describe({ target, headers, body }) {
  const text = headers["content-type"] === "application/json" ? body.toString() : body.toString("base64");
  return [`POST ${target} ${JSON.stringify(headers)}`, `${body.length} bytes: ${text}`];
}

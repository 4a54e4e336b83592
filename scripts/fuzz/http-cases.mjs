/** Requests of a fuzzing run, made from the console's own document: `caseOf(seed, index)` is always the same for the same names. */

import { mutateBytes, Random } from "./random.mjs";
import { anyValue, brokenValue, fittingValue, hostileText } from "./values.mjs";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const CONTENT_TYPES = [
  "application/json",
  "application/json; charset=utf-16",
  "text/plain",
  "application/x-protobuf",
  "multipart/form-data",
  "",
];
const PATHS = [
  "/",
  "/index.html",
  "/assets/../index.html",
  "/api",
  "/api/",
  "/api//nodes",
  "/api/nodes/",
  "/api/nodes/../cluster",
  "/api/%6eodes",
  "/api/nodes/%00",
  "/api/nodes/%ff",
  "/api/nodes/%",
  "/api/nodes/%2e%2e%2f",
  "/API/nodes",
  "/api/nodes;x=y",
  "/api/traces/0",
  "/metrics/",
  "/v1/logs",
  "/v1/traces/x",
  "/api/chaos/start",
  "/.well-known/x",
  "/favicon.ico",
];
/**
 * What makes processes start, end or stand still, or waits for other nodes. Fewer of these, few at a time (http.mjs), and mostly left
 * early by their caller, which is a case of its own: else a run would do little besides waiting for them.
 */
const SLOW = /^(POST \/api\/nodes|DELETE \/api\/nodes|POST \/api\/send|GET \/api\/(directory|convergence))/;
const SLOW_SHARE = 0.3;
const IMPATIENT_MS = 3_000;
const NAMES = 16;
/** Above every deadline of the console. */
const PATIENT_MS = 70_000;

export class HttpCases {
  #contract;
  #token;
  /** Of nodes that there are, or were. As many in every run, so that a case of the same seed makes the same choices. */
  #names;

  constructor({ contract, names, token }) {
    this.#contract = contract;
    this.setNames(names);
    this.#token = token;
  }

  setNames(names) {
    this.#names = Array.from({ length: NAMES }, (_, i) => names[i % names.length]);
  }

  caseOf(seed, index) {
    const random = new Random(seed, index);
    const kind = random.weighted({ document: 75, path: 10, raw: 10, stream: 5 });
    if (kind === "raw") return { kind, index, ...this.#raw(random) };
    if (kind === "stream") return { kind, index, ...this.#stream(random) };
    const request = kind === "path" ? this.#pathOnly(random) : this.#ofDocument(random);
    return { kind, index, ...request, headers: { ...this.#headers(random), ...request.headers } };
  }

  #ofDocument(random) {
    let operation = random.pick(this.#contract.operations);
    const idOf = ({ method, path }) => `${method} ${path}`;
    while (SLOW.test(idOf(operation)) && !random.chance(SLOW_SHARE)) operation = random.pick(this.#contract.operations);
    const slow = SLOW.test(idOf(operation));
    const method = random.chance(0.95) ? operation.method : random.pick(METHODS);
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => {
      const { schema } = operation.parameters.find((parameter) => parameter.name === name && parameter.in === "path");
      return encodeURIComponent(wellFormed(random.chance(0.85) ? this.#fitting(random, schema) : hostileText(random)));
    });
    const endless = operation.path === "/api/stream";
    const patienceMs = endless ? random.int(1, 1_500) : slow && random.chance(0.8) ? IMPATIENT_MS : PATIENT_MS;
    return {
      id: idOf(operation),
      slow,
      method,
      target: path + this.#query(random, operation),
      patienceMs,
      ...this.#body(random, operation),
    };
  }

  #query(random, operation) {
    const parts = [];
    for (const { name, schema } of operation.parameters.filter((parameter) => parameter.in === "query")) {
      if (random.chance(0.5)) continue;
      const value = random.chance(0.75)
        ? this.#fitting(random, schema)
        : random.chance(0.5)
          ? hostileText(random)
          : anyValue(random);
      const text = typeof value === "string" ? value : JSON.stringify(value);
      for (let times = random.chance(0.05) ? 3 : 1; times > 0; times -= 1)
        parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(wellFormed(text))}`);
    }
    if (random.chance(0.05)) parts.push(encodeURIComponent(wellFormed(hostileText(random))));
    return parts.length === 0 ? "" : `?${parts.join("&")}`;
  }

  #body(random, operation) {
    const content = operation.requestBody?.content;
    if (content === undefined && random.chance(0.97)) return {};
    const schema = content?.["application/json"]?.schema ?? {};
    const { check } = this.#contract;
    const how = random.weighted({ fitting: 5, broken: 5, any: 1, garbage: 1, mutated: 1, empty: 0.5, large: 0.3 });
    const fitting = () => JSON.stringify(fittingValue(random, schema, check, this.#names));
    const body = {
      fitting,
      broken: () => JSON.stringify(brokenValue(random, schema, check, this.#names)),
      any: () => JSON.stringify(anyValue(random)),
      garbage: () => Buffer.from(random.bytes(random.length(2_000))),
      mutated: () => Buffer.from(mutateBytes(random, Buffer.from(fitting()))),
      empty: () => "",
      large: () => JSON.stringify({ data: "x".repeat(random.int(60_000, 200_000)) }),
    }[how]();
    const type = random.chance(0.9) ? "application/json" : random.pick(CONTENT_TYPES);
    return { body, headers: type === "" ? {} : { "content-type": type } };
  }

  #pathOnly(random) {
    const base = random.chance(0.7)
      ? random.pick(PATHS)
      : `/api/${encodeURIComponent(wellFormed(hostileText(random)))}`;
    const target = random.chance(0.2) ? `${base}?${encodeURIComponent(wellFormed(hostileText(random)))}` : base;
    return { id: "paths", method: random.chance(0.7) ? "GET" : random.pick(METHODS), target, patienceMs: PATIENT_MS };
  }

  #stream(random) {
    const target = random.chance(0.5) ? "/api/stream" : "/api/stream?only=events";
    const headers = random.chance(0.5)
      ? {}
      : { "last-event-id": random.pick(["", "x", "0-0", `${"a".repeat(12)}-1`, "a".repeat(500)]) };
    return {
      id: "GET /api/stream",
      method: "GET",
      target,
      headers: { ...this.#own(), ...headers },
      patienceMs: random.int(1, 1_500),
    };
  }

  #headers(random) {
    const headers = random.chance(0.94)
      ? this.#own()
      : { authorization: random.pick(["Bearer", "Bearer x", "Basic eDp5", "Bearer  ", this.#token]) };
    if (random.chance(0.05))
      headers[random.pick(["origin", "sec-fetch-site", "host", "accept", "traceparent", "x-forwarded-for"])] =
        printable(hostileText(random));
    if (random.chance(0.02)) headers["x-long"] = "y".repeat(random.int(1, 10_000));
    return headers;
  }

  #own() {
    return { authorization: `Bearer ${this.#token}` };
  }

  /** What no HTTP library sends. `HOST` is filled in by the sender. */
  #raw(random) {
    const auth = `Host: HOST\r\nAuthorization: Bearer ${this.#token}\r\n`;
    const texts = [
      `GET /api/nodes HTTP/1.1\r\n${auth}\r\n`.repeat(random.int(2, 5)),
      `GET /api/nodes HTTP/9.9\r\n${auth}\r\n`,
      `GET  /api/nodes HTTP/1.1\r\n${auth}\r\n`,
      `BREW /api/nodes HTTP/1.1\r\n${auth}\r\n`,
      `GET /api/${hostileText(random)} HTTP/1.1\r\n${auth}\r\n`,
      `GET http://other/api/nodes HTTP/1.1\r\n${auth}\r\n`,
      `GET * HTTP/1.1\r\n${auth}\r\n`,
      `GET /api/nodes HTTP/1.1\r\n\r\n`,
      `GET /api/nodes HTTP/1.0\r\n\r\n`,
      `GET /api/nodes HTTP/1.1\r\n${auth}${`X: ${"y".repeat(100)}\r\n`.repeat(random.int(1, 300))}\r\n`,
      `POST /api/send HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: -1\r\n\r\n{}`,
      `POST /api/send HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      `POST /api/send HTTP/1.1\r\n${auth}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}`,
      `POST /api/send HTTP/1.1\r\n${auth}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"to":`,
      `POST /v1/traces HTTP/1.1\r\n${auth}Content-Type: application/x-protobuf\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
      `POST /v1/traces HTTP/1.1\r\n${auth}Content-Type: application/x-protobuf\r\nExpect: nothing\r\nContent-Length: 3\r\n\r\nabc`,
      `GET /api/stream HTTP/1.1\r\n${auth}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    ];
    const text = Buffer.from(random.pick(texts), "utf8");
    const bytes = random.chance(0.3) ? mutateBytes(random, text) : text;
    return { id: "raw", text: Buffer.from(bytes), waitMs: random.int(1, 300) };
  }

  #fitting(random, schema) {
    return String(fittingValue(random, schema, this.#contract.check, this.#names));
  }
}

/** Lone surrogates cannot be encoded. */
const wellFormed = (text) => String(text).toWellFormed();
const printable = (text) => wellFormed(text).replace(/[^ -~]/g, "?");

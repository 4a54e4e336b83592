/** Sends the cases: over node:http with connections that stay open, and over bare sockets. */
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";

const MAX_BODY_BYTES = 64 * 1_048_576;
const METHOD = /^[A-Z]+$/;

export class HttpClient {
  #url;
  #agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(url) {
    this.#url = new URL(url);
  }

  close() {
    this.#agent.destroy();
  }

  /** `{ outcome: "answered", status, contentType, body }`, `{ outcome: "left" }` where the caller's patience ended, or `{ outcome: "broken", reason }`. */
  send({ method, target, headers = {}, body, patienceMs }) {
    if (!METHOD.test(method)) throw new Error(`no method ${method}`);
    return new Promise((resolve) => {
      let response;
      const chunks = [];
      let bytes = 0;
      const { hostname, port } = this.#url;
      const options = { hostname, port, agent: this.#agent, method, path: target, headers: { ...headers } };
      if (body !== undefined) options.headers["content-length"] = Buffer.byteLength(body);
      const request = httpRequest(options);
      const end = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      const timer = setTimeout(() => {
        request.destroy();
        end(response === undefined ? { outcome: "left" } : answered());
      }, patienceMs);
      const answered = () => ({
        outcome: "answered",
        status: response.statusCode,
        contentType: response.headers["content-type"] ?? "",
        body: Buffer.concat(chunks).toString("utf8"),
        complete: response.complete,
      });
      request.on("error", (error) => end({ outcome: "broken", reason: error.code ?? error.message }));
      request.on("response", (incoming) => {
        response = incoming;
        incoming.on("data", (chunk) => {
          bytes += chunk.length;
          if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
        });
        incoming.on("end", () => end(answered()));
        incoming.on("error", (error) => end({ outcome: "broken", reason: error.code ?? error.message }));
      });
      request.end(body);
    });
  }

  /** The statuses that came back on a bare socket within `waitMs`. */
  sendRaw({ text, waitMs }) {
    const { hostname, port, host } = this.#url;
    const filled = Buffer.from(text.toString("latin1").replaceAll("HOST", host), "latin1");
    return new Promise((resolve) => {
      let answer = "";
      const socket = connect(Number(port), hostname, () => socket.write(filled));
      const timer = setTimeout(() => socket.destroy(), waitMs);
      socket.setEncoding("latin1");
      socket.on("data", (chunk) => {
        if (answer.length < 1_000_000) answer += chunk;
      });
      // A reset is an answer too.
      socket.on("error", () => {});
      socket.on("close", () => {
        clearTimeout(timer);
        resolve([...answer.matchAll(/(?:^|\r\n)HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1])));
      });
    });
  }
}

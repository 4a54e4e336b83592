/**
 * One hostile peer: an iroh endpoint with a key of its own, below the transport, so that it can write what no transport would. Connects
 * anew whenever the victim has closed on it.
 */
import { encodeFrame, encodeHello } from "../../packages/protocol/dist/index.js";
import { ALPN_GOSSIP, ALPN_MESHWORK, bindIrohEndpoint } from "../../packages/transport/dist/index.js";
import { helloOf } from "./wire-corpus.mjs";

const CONNECT_LIMIT_MS = 5_000;
/** A victim that lets nobody in for this long does not serve. */
const SHUT_OUT_MS = 30_000;
const WRITE_LIMIT_MS = 3_000;

export class Attacker {
  static async bind(secretKey, victim) {
    const endpoint = await bindIrohEndpoint({ secretKey, alpns: [ALPN_MESHWORK, ALPN_GOSSIP] });
    return new Attacker(endpoint, victim);
  }

  constructor(endpoint, victim) {
    this.endpoint = endpoint;
    this.victim = victim;
    this.link = undefined;
    this.linking = undefined;
    this.connections = 0;
    this.closes = {};
    void this.#acceptAll();
  }

  get id() {
    return this.endpoint.id;
  }

  /** Does a case; complaints, where the victim does not serve. */
  async do(one, note) {
    if (one.how === "hello") return this.#begin(one, note);
    const alpn = one.how === "gossip-alpn" ? ALPN_GOSSIP : ALPN_MESHWORK;
    const link = alpn === ALPN_GOSSIP ? await this.#connect(ALPN_GOSSIP) : await this.#linked();
    if (link === undefined) return [`the victim let nobody in for ${SHUT_OUT_MS} ms`];
    if (one.how === "datagram") note(link.sendDatagram(one.bytes) ? "sent" : "not sent");
    else note(await within(WRITE_LIMIT_MS, this.#stream(link, one)));
    if (alpn === ALPN_GOSSIP) link.close(0, "shutdown");
    return [];
  }

  async #begin(one, note) {
    const link = await this.#connect(ALPN_MESHWORK);
    if (link === undefined) return [`the victim let nobody in for ${SHUT_OUT_MS} ms`];
    note(await within(WRITE_LIMIT_MS, this.#stream(link, { ...one, bi: true })));
    link.close(0, "shutdown");
    return [];
  }

  async #stream(link, { bi, chunks, ending, waitMs }) {
    try {
      const { send, recv } = bi ? await link.openBi() : { send: await link.openUni(), recv: undefined };
      for (const chunk of chunks) await send.write(chunk);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (ending === "reset") await send.reset(3);
      else if (ending !== "abandon") await send.finish();
      if (ending === "stop") recv?.stop(1);
      else if (recv !== undefined) void drain(recv);
      return "sent";
    } catch (error) {
      return error.code ?? error.name;
    }
  }

  /** The connection that is there, or one with a proper hello. */
  async #linked() {
    if (this.link !== undefined) return this.link;
    this.linking ??= this.#connectAndGreet().finally(() => {
      this.linking = undefined;
    });
    return this.linking;
  }

  async #connectAndGreet() {
    const link = await this.#connect(ALPN_MESHWORK);
    if (link === undefined) return undefined;
    this.link = link;
    void link.closed.then(({ by, reason }) => {
      const end = `${by} ${reason}`.trim();
      this.closes[end] = (this.closes[end] ?? 0) + 1;
      if (this.link === link) this.link = undefined;
    });
    try {
      const { send, recv } = await link.openBi();
      await send.write(encodeFrame(encodeHello({ ...helloOf(this.id), topics: this.topics ?? [] })));
      await send.finish();
      void drain(recv);
      void serve(link);
    } catch {
      // Closed on the way: the next case connects anew.
    }
    return link;
  }

  /** undefined where it was not let in for long. */
  async #connect(alpn) {
    const deadline = performance.now() + SHUT_OUT_MS;
    do {
      try {
        const link = await this.endpoint.connect(this.victim.id, this.victim.addresses, alpn, {
          timeoutMs: CONNECT_LIMIT_MS,
        });
        this.connections += 1;
        return link;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    } while (performance.now() < deadline && this.victim.end === undefined);
    return undefined;
  }

  /** The victim dials its neighbours: what it opens is read and thrown away. */
  async #acceptAll() {
    for (;;) {
      const link = await this.endpoint.accept();
      if (link === null) return;
      void serve(link);
    }
  }

  async close() {
    await this.endpoint.close(0, "shutdown");
  }
}

async function serve(link) {
  const uni = async () => {
    for (let recv = await link.acceptUni(); recv !== null; recv = await link.acceptUni()) void drain(recv);
  };
  const bi = async () => {
    for (let stream = await link.acceptBi(); stream !== null; stream = await link.acceptBi()) {
      void drain(stream.recv);
      stream.send.finish().catch(() => {});
    }
  };
  await Promise.all([uni(), bi()]).catch(() => {});
}

async function drain(recv) {
  try {
    while ((await recv.read(65_536)) !== null);
  } catch {
    // Reset or lost.
  }
}

/** "stuck" where it is not done in time: back-pressure, which the next case does not wait for. */
async function within(limitMs, work) {
  let timer;
  const limit = new Promise((resolve) => {
    timer = setTimeout(() => resolve("stuck"), limitMs);
  });
  const result = await Promise.race([work, limit]);
  clearTimeout(timer);
  return result;
}

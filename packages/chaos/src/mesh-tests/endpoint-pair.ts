/**
 * Two real endpoints in this process, connected over loopback by QUIC, and a third that says its hello by hand and then writes what it
 * likes. Owner: the test; `close` ends all three.
 */
import { randomBytes } from "node:crypto";
import { decodeHello, encodeFrame, encodeHello, FrameDecoder, type Hello, PROTOCOL_VERSION } from "@meshwork/protocol";
import {
  ALPN_MESHWORK,
  bindIrohEndpoint,
  createIrohTransport,
  type LinkConnection,
  type LinkEndpoint,
  type Transport,
} from "@meshwork/transport";

const DIAL_TIMEOUT_MS = 5_000;
const READ_BYTES = 65_536;

export interface RawPeer {
  readonly link: LinkConnection;
  /** What the other end said. */
  readonly hello: Hello;
}

export interface EndpointPair {
  readonly a: Transport;
  readonly b: Transport;
  /** A connection to `b`. */
  dialRaw(): Promise<RawPeer>;
  close(): Promise<void>;
}

export async function openPair(): Promise<EndpointPair> {
  const a = await createIrohTransport({ secretKey: randomBytes(32), hello: helloOf("a") });
  const b = await createIrohTransport({ secretKey: randomBytes(32), hello: helloOf("b") });
  const raw = await bindIrohEndpoint({ secretKey: randomBytes(32), alpns: [ALPN_MESHWORK] });
  return pairOf(a, b, raw);
}

/** Of endpoints of any make. */
export function pairOf(a: Transport, b: Transport, raw: LinkEndpoint): EndpointPair {
  a.learnAddresses(b.id, b.boundAddresses());
  b.learnAddresses(a.id, a.boundAddresses());
  return {
    a,
    b,
    dialRaw: () => dialByHand(raw, b),
    close: async () => {
      await Promise.all([a.close(), b.close(), raw.close(0, "shutdown")]);
    },
  };
}

export function helloOf(name: string): Hello {
  const bootNonce = randomBytes(8).toString("hex");
  return {
    protocolVersion: PROTOCOL_VERSION,
    bootNonce,
    mesh: "test",
    topics: [],
    role: "member",
    name: `test.${name}`,
  };
}

async function dialByHand(endpoint: LinkEndpoint, target: Transport): Promise<RawPeer> {
  const options = { timeoutMs: DIAL_TIMEOUT_MS };
  const link = await endpoint.connect(target.id, target.boundAddresses(), ALPN_MESHWORK, options);
  const { send, recv } = await link.openBi();
  await send.write(encodeFrame(encodeHello(helloOf("raw"))));
  await send.finish();
  const decoder = new FrameDecoder(READ_BYTES);
  for (;;) {
    const chunk = await recv.read(READ_BYTES);
    if (chunk === null) throw new Error("it ended before its hello");
    const [frame] = decoder.push(chunk);
    if (frame !== undefined) return { link, hello: decodeHello(frame) };
  }
}

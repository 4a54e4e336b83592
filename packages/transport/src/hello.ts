/**
 * The opening of a `/meshwork/1` connection: the dialler opens a bidirectional stream, the connection's first, and sends its
 * hello as the only frame; the acceptor answers with its own on the same stream. Both must be through within the limit.
 * Whoever breaks this is closed with `protocolViolation`, whoever stays silent with `helloTimeout`.
 */
import { DecodeError, decodeHello, encodeFrame, encodeHello, type Hello, MeshError } from "@meshwork/protocol";
import { type Clock, withTimeout } from "./clock.js";
import { closeToken } from "./close-tokens.js";
import type { TransportLimits } from "./limits.js";
import type { LinkBiStream, LinkConnection } from "./link.js";
import { StreamReader } from "./stream-reader.js";
import { CloseCode } from "./types.js";

export interface HelloHooks {
  readonly onSent: (bytes: number) => void;
  readonly onReceived: (bytes: number) => void;
}

/** The peer's hello. Closes the connection and rejects with a MeshError where it does not come or is none. */
export async function exchangeHello(
  link: LinkConnection,
  own: Hello,
  clock: Clock,
  limits: TransportLimits,
  hooks: HelloHooks,
): Promise<Hello> {
  const work = link.direction === "outbound" ? offer(link, own, limits, hooks) : answer(link, own, limits, hooks);
  try {
    return await withTimeout(
      clock,
      work,
      limits.helloTimeoutMs,
      () => new MeshError("MESH_E_TIMEOUT", `no hello from ${link.remoteId} within ${limits.helloTimeoutMs} ms`),
    );
  } catch (error) {
    if (error instanceof DecodeError) {
      link.close(CloseCode.protocolViolation, closeToken(CloseCode.protocolViolation));
      throw new MeshError("MESH_E_PROTOCOL", `hello of ${link.remoteId}: ${error.message}`, { cause: error });
    }
    link.close(CloseCode.helloTimeout, closeToken(CloseCode.helloTimeout));
    throw error;
  }
}

async function offer(link: LinkConnection, own: Hello, limits: TransportLimits, hooks: HelloHooks): Promise<Hello> {
  const stream = await link.openBi();
  await send(stream, own, hooks);
  return receive(stream, limits, hooks);
}

async function answer(link: LinkConnection, own: Hello, limits: TransportLimits, hooks: HelloHooks): Promise<Hello> {
  const stream = await link.acceptBi();
  if (stream === null) throw new MeshError("MESH_E_UNREACHABLE", `${link.remoteId} closed before its hello`);
  const hello = await receive(stream, limits, hooks);
  await send(stream, own, hooks);
  return hello;
}

async function send(stream: LinkBiStream, own: Hello, hooks: HelloHooks): Promise<void> {
  const frame = encodeFrame(encodeHello(own));
  await stream.send.write(frame);
  hooks.onSent(frame.length);
  await stream.send.finish();
}

async function receive(stream: LinkBiStream, limits: TransportLimits, hooks: HelloHooks): Promise<Hello> {
  const reader = new StreamReader(stream.recv, {
    maxFrameBytes: limits.helloMaxBytes,
    onReceived: (_frames, bytes) => hooks.onReceived(bytes),
  });
  const frame = await reader.next();
  if (frame === null) throw new DecodeError("the stream ended before the hello");
  const hello = decodeHello(frame);
  reader.stop(CloseCode.shutdown);
  return hello;
}

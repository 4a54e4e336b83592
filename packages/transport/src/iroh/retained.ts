/**
 * Strong references to every native object that is in use. The binding ties the life of a QUIC object to the life of its
 * JavaScript wrapper: an unreachable Endpoint kills its connections (peers notice after 35 s), an unreachable Connection
 * closes, an unreachable SendStream looks like a clean end to its reader.
 *
 * Owner: this module. An endpoint leaves when it is closed, a connection when `closed()` has answered, a stream when it is
 * finished, reset, stopped or read to its end, or when its connection is gone.
 */
const endpoints = new Set<object>();
const connections = new Set<object>();
const streams = new Set<object>();

export const retained = { endpoints, connections, streams };

/** How many native objects this process holds; all zero once every endpoint is closed. */
export function retainedSizes(): { endpoints: number; connections: number; streams: number } {
  return { endpoints: endpoints.size, connections: connections.size, streams: streams.size };
}

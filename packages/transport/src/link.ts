/**
 * Link: the smallest thing a transport stands on. One endpoint, its connections, their streams and datagrams.
 *
 * Three makes: `iroh/` (QUIC through the native binding), `memory/` (pairs inside one process, for tests) and the
 * simulator's (`tests/simulated-link`). All pass `runLinkAcceptance` (`acceptance.ts`). Everything above (hello, registry, dials, queues) is one
 * code for all makes.
 *
 * What a make guarantees, so that no other room can trip over the native binding:
 * bytes are `Uint8Array`; calls after close reject with `LinkError`, never abort the process; writes on one stream keep
 * their order and are awaited one by one; one reader per stream; objects are held until closed; nothing is collected early.
 */

/** How and why a connection ended, as the local side saw it. */
export interface LinkCloseReason {
  /** `local`: we closed it; `peer`: the other end closed it with `code`/`reason`; `timeout`; `lost`: anything else. */
  readonly by: "local" | "peer" | "timeout" | "lost";
  readonly code: number;
  readonly reason: string;
}

/** Writing half of a stream. Calls must not overlap; `StreamWriter` (stream-writer.ts) serialises them. */
export interface LinkSendStream {
  /** Resolves when the bytes are accepted by the transport (flow control applies). Chunks above 64 KiB are split. */
  write(bytes: Uint8Array): Promise<void>;
  /** Clean end: the reader sees `null` after the last byte. */
  finish(): Promise<void>;
  /** Abrupt end: the reader's pending read rejects with `LinkError("reset")` carrying the code. */
  reset(code: number): Promise<void>;
}

/** Reading half of a stream. One read at a time. */
export interface LinkRecvStream {
  /** Up to `maxBytes` bytes, or `null` at the clean end. Rejects with `LinkError` on reset or loss. */
  read(maxBytes: number): Promise<Uint8Array | null>;
  /** Tells the writer that nothing more is read. Never hangs behind a pending read. */
  stop(code: number): void;
}

export interface LinkBiStream {
  readonly send: LinkSendStream;
  readonly recv: LinkRecvStream;
}

export interface LinkConnection {
  /** Unique in the process; for logs and registries. */
  readonly key: number;
  /** 64 lower-case hex digits of the peer's Ed25519 key, proven by the handshake. */
  readonly remoteId: string;
  readonly alpn: string;
  readonly direction: "inbound" | "outbound";
  openUni(): Promise<LinkSendStream>;
  openBi(): Promise<LinkBiStream>;
  /** Next stream opened by the peer; `null` once the connection is closed. A stream shows up with its first byte. */
  acceptUni(): Promise<LinkRecvStream | null>;
  acceptBi(): Promise<LinkBiStream | null>;
  /** False where it does not fit or the connection is closed; never blocks, may be lost. */
  sendDatagram(bytes: Uint8Array): boolean;
  /** Next datagram; `null` once the connection is closed. */
  readDatagram(): Promise<Uint8Array | null>;
  /** Round trip of the selected path; `undefined` where unknown. */
  rttMs(): number | undefined;
  /** The remote address in use (`ip:port` or relay URL) and whether it is direct; for display only. */
  path(): { readonly address: string; readonly kind: "direct" | "relay" } | undefined;
  /** UDP bytes and packets of this connection since it opened. */
  stats(): {
    readonly sentBytes: number;
    readonly receivedBytes: number;
    readonly sentPackets: number;
    readonly receivedPackets: number;
  };
  /** Idempotent; `reason` is a fixed ASCII token of at most 64 bytes. */
  close(code: number, reason: string): void;
  /** Resolves once, when the connection has ended for whatever reason. Never rejects. */
  readonly closed: Promise<LinkCloseReason>;
}

export interface LinkEndpoint {
  /** Own id: 64 lower-case hex digits. */
  readonly id: string;
  /** Sockets actually bound, `ip:port` / `[ip]:port`. */
  boundAddresses(): readonly string[];
  /** Replaces the protocols that inbound connections may ask for. An endpoint bound with none refuses all. */
  setAlpns(alpns: readonly string[]): void;
  /** Rejects with `LinkError` code `refused-alpn` (answered at once), `timeout`, `unreachable`, `wrong-id`, `closed`. The attempt
   * is abandoned after `timeoutMs`; a late success is handed to `onLate` (or closed where absent). */
  connect(
    remoteId: string,
    addresses: readonly string[],
    alpn: string,
    options: { readonly timeoutMs: number; readonly onLate?: (connection: LinkConnection) => void },
  ): Promise<LinkConnection>;
  /** Next inbound connection, handshake done; `null` once the endpoint is closed. Must be polled for ever by its owner. */
  accept(): Promise<LinkConnection | null>;
  /** Closes every connection with (code, reason), then the sockets. Idempotent, bounded. */
  close(code: number, reason: string): Promise<void>;
}

export type LinkErrorCode =
  | "refused-alpn"
  | "timeout"
  | "unreachable"
  | "wrong-id"
  | "closed"
  | "reset"
  | "stopped"
  | "too-large"
  | "invalid-argument";

/** Every failure of a link. `streamCode` is the peer's application code for `reset` and `stopped`. */
export class LinkError extends Error {
  readonly code: LinkErrorCode;
  readonly streamCode: number | undefined;
  constructor(code: LinkErrorCode, message: string, options?: { cause?: unknown; streamCode?: number }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LinkError";
    this.code = code;
    this.streamCode = options?.streamCode;
  }
}

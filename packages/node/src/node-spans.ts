/** Turns what happened to peers, seeds and directories into spans: short ones that time nothing but say when and why. */

import { ATTR, SPAN, type Telemetry } from "@meshwork/telemetry";
import type { TransportEvent } from "@meshwork/transport";
import { type Attributes, SpanKind, SpanStatusCode } from "@opentelemetry/api";

export class NodeSpans {
  readonly #telemetry: Telemetry;
  readonly #nameOf: (id: string) => string | undefined;

  constructor(telemetry: Telemetry, nameOf: (id: string) => string | undefined) {
    this.#telemetry = telemetry;
    this.#nameOf = nameOf;
  }

  event(name: string, attributes: Attributes, error?: string): void {
    const span = this.#telemetry.startSpan(name, { kind: SpanKind.INTERNAL, attributes, root: true });
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    span.end();
  }

  onTransportEvent(event: TransportEvent): void {
    switch (event.kind) {
      case "peer-connected":
        this.event(SPAN.peerConnected, {
          ...this.#peer(event.peer.id, event.peer.hello?.name),
          [ATTR.direction]: event.peer.direction,
          [ATTR.path]: event.peer.path?.kind ?? "direct",
        });
        break;
      case "peer-lost":
        this.event(SPAN.peerDisconnected, { ...this.#peer(event.peerId), [ATTR.reason]: event.reason });
        break;
      case "violation":
        this.event(SPAN.peerDisconnected, { ...this.#peer(event.peerId), [ATTR.reason]: "violation" }, event.what);
        break;
      case "gossip":
      case "probed":
      case "pong":
      case "connection-closed":
      case "dial-failed":
        break;
      default:
        event satisfies never;
    }
  }

  #peer(id: string, name = this.#nameOf(id)): Attributes {
    return { [ATTR.peerId]: id, ...(name === undefined ? {} : { [ATTR.peerName]: name }) };
  }
}

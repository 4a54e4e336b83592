/** What a node says of seeds, members and itself: spans for the traces, and a warning where its owner has to do something. */
import { type DirectoryChange, formatSeed, MeshError, type Seed } from "@meshwork/protocol";
import { ATTR, SPAN } from "@meshwork/telemetry";
import type { PeerInfo } from "@meshwork/transport";
import type { Attributes } from "@opentelemetry/api";
import type { MeshTopic } from "./meshes.js";
import type { NodeSpans } from "./node-spans.js";

export class NodeReports {
  readonly #spans: NodeSpans;

  constructor(spans: NodeSpans) {
    this.#spans = spans;
  }

  seedFound(peer: PeerInfo): void {
    this.#spans.event(SPAN.peerDiscovered, { [ATTR.peerId]: peer.id, [ATTR.peerSource]: "seed" });
  }

  seedRetry(seed: Seed, attempt: number, delayMs: number, reason: string): void {
    this.#spans.event(SPAN.seedRetry, {
      [ATTR.seed]: formatSeed(seed),
      [ATTR.attempt]: attempt,
      [ATTR.delayMs]: Math.round(delayMs),
      [ATTR.reason]: reason,
    });
  }

  seedGivenUp(seed: Seed, attempts: number, reason: string): void {
    this.#spans.event(SPAN.seedGiveup, { [ATTR.seed]: formatSeed(seed), [ATTR.attempt]: attempts }, reason);
  }

  seedMismatch(seed: Seed, error: MeshError): void {
    const attributes = { [ATTR.seed]: formatSeed(seed), [ATTR.reason]: "mesh_mismatch" };
    this.#spans.event(SPAN.seedGiveup, attributes, error.message);
    warn(error);
  }

  /** Who was lost and is dialled again turned out to live in another mesh. */
  contactMismatch(topic: MeshTopic, peerId: string, peer: PeerInfo | undefined): void {
    const theirs = peer?.hello?.mesh ?? "another";
    const error = new MeshError(
      "MESH_E_MESH_MISMATCH",
      `${peer?.hello?.name ?? peerId} is of mesh "${theirs}" now, not of "${topic.mesh}"`,
    );
    const attributes = { [ATTR.peerId]: peerId, [ATTR.meshId]: topic.mesh, [ATTR.reason]: "mesh_mismatch" };
    this.#spans.event(SPAN.seedGiveup, attributes, error.message);
    warn(error);
  }

  synced(mesh: string, entries: number, durationMs: number): void {
    this.#spans.event(SPAN.directorySynced, {
      [ATTR.meshId]: mesh,
      [ATTR.entries]: entries,
      [ATTR.durationMs]: durationMs,
    });
  }

  changed(change: DirectoryChange): void {
    if (change.kind === "lagged") return;
    const { id, name, mesh } = change.entry;
    const attributes: Attributes = { [ATTR.peerId]: id, [ATTR.peerName]: name, [ATTR.meshId]: mesh };
    if (change.kind === "suspected") this.#spans.event(SPAN.peerSuspected, attributes);
    else if (change.kind === "refuted") this.#spans.event(SPAN.peerRefuted, attributes);
    else if (change.kind === "dead") {
      this.#spans.event(SPAN.peerDead, { ...attributes, [ATTR.accusedBy]: [...change.by] });
    } else if (change.kind === "expired") {
      this.#spans.event(SPAN.stalenessPruned, { ...attributes, [ATTR.removed]: 1 });
    }
  }

  /** Another process uses this identity, and started earlier. */
  duplicateIdentity(bootNonce: string): MeshError {
    const error = new MeshError("MESH_E_DUPLICATE_IDENTITY", `its boot nonce is ${bootNonce}`);
    warn(error);
    return error;
  }
}

function warn(error: MeshError): void {
  process.emitWarning(error.message, { code: error.code });
}

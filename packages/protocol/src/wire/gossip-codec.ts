/** Messages of iroh-gossip/1 (postcard). Placeholder of the types; the codec follows in this file. */
export type GossipScope = { readonly kind: "swarm"; readonly round: number } | { readonly kind: "neighbors" };
export interface PeerInfo {
  readonly id: string;
  readonly data: Uint8Array | undefined;
}
export type TopicMessage =
  | { readonly kind: "join"; readonly data: Uint8Array | undefined }
  | { readonly kind: "forward-join"; readonly peer: PeerInfo; readonly ttl: number }
  | { readonly kind: "shuffle"; readonly origin: string; readonly nodes: readonly PeerInfo[]; readonly ttl: number }
  | { readonly kind: "shuffle-reply"; readonly nodes: readonly PeerInfo[] }
  | { readonly kind: "neighbor"; readonly priority: "high" | "low"; readonly data: Uint8Array | undefined }
  | { readonly kind: "disconnect"; readonly alive: boolean }
  | { readonly kind: "gossip"; readonly id: string; readonly content: Uint8Array; readonly scope: GossipScope }
  | { readonly kind: "prune" }
  | { readonly kind: "graft"; readonly id: string | undefined; readonly round: number }
  | { readonly kind: "ihave"; readonly messages: readonly { readonly id: string; readonly round: number }[] };

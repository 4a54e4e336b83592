/**
 * Bytes of a gossip frame on its stream: `encodeTopicMessage(message).length` and the four of the length, without encoding.
 * Held equal to the codec by a test.
 */
import type { PeerInfo, TopicMessage } from "@meshwork/protocol";

const FRAME_HEADER_BYTES = 4;
const TAGS_BYTES = 2;
const ID_BYTES = 32;

export function gossipFrameBytes(message: TopicMessage): number {
  return FRAME_HEADER_BYTES + TAGS_BYTES + bodyBytes(message);
}

function bodyBytes(message: TopicMessage): number {
  switch (message.kind) {
    case "join":
      return dataBytes(message.data);
    case "forward-join":
      return infoBytes(message.peer) + varintBytes(message.ttl);
    case "shuffle":
      return ID_BYTES + infosBytes(message.nodes) + varintBytes(message.ttl);
    case "shuffle-reply":
      return infosBytes(message.nodes);
    case "neighbor":
      return 1 + dataBytes(message.data);
    case "disconnect":
      return 2;
    case "gossip": {
      const { content, scope } = message;
      const scopeBytes = scope.kind === "swarm" ? 1 + varintBytes(scope.round) : 1;
      return ID_BYTES + varintBytes(content.length) + content.length + scopeBytes;
    }
    case "prune":
      return 0;
    case "graft":
      return (message.id === undefined ? 1 : 1 + ID_BYTES) + varintBytes(message.round);
    case "ihave": {
      let bytes = varintBytes(message.messages.length);
      for (const { round } of message.messages) bytes += ID_BYTES + varintBytes(round);
      return bytes;
    }
  }
}

function infosBytes(nodes: readonly PeerInfo[]): number {
  let bytes = varintBytes(nodes.length);
  for (const node of nodes) bytes += infoBytes(node);
  return bytes;
}

function infoBytes(info: PeerInfo): number {
  return ID_BYTES + dataBytes(info.data);
}

function dataBytes(data: Uint8Array | undefined): number {
  return data === undefined ? 1 : 1 + varintBytes(data.length) + data.length;
}

function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : 3;
}

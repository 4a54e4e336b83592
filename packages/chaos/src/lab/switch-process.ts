/**
 * The user-space switch: a process in the hub's namespace. Each host that has delayed links hands their packets over in UDP (socat
 * with a TUN device); they go on to the other host's, late, or not at all. Shapes come over IPC. Ends with its parent.
 */
import { createSocket } from "node:dgram";
import type { LinkShape } from "./shape.js";
import { delayOf, MAX_QUEUED, type Route, routeOf } from "./switch.js";
import { SWITCH_PORT } from "./switch-port.js";

export type SwitchMessage = Route & { readonly shape: LinkShape };

const shapes = new Map<string, LinkShape>();
const keyOf = ({ from, to }: Route) => `${from} ${to}`;
let queued = 0;

const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 21, sendBufferSize: 1 << 21 });
socket.on("message", (packet) => {
  const route = routeOf(packet);
  if (route === undefined || queued >= MAX_QUEUED) return;
  const delayMs = delayOf(shapes.get(keyOf(route)), packet.length, Math.random);
  if (delayMs === undefined) return;
  const send = () => socket.send(packet, SWITCH_PORT, route.to, () => {});
  if (delayMs === 0) {
    send();
    return;
  }
  queued += 1;
  setTimeout(() => {
    queued -= 1;
    send();
  }, delayMs);
});
// A host whose socat ends answers with an ICMP error; the others go on.
socket.on("error", () => {});
process.on("message", (message: SwitchMessage) => {
  shapes.set(keyOf(message), message.shape);
  process.send?.({ kind: "shaped" });
});
process.on("disconnect", () => process.exit(0));
socket.bind(SWITCH_PORT, "0.0.0.0", () => process.send?.({ kind: "listening" }));

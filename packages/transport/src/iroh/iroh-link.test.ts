import { createSocket } from "node:dgram";
import { once } from "node:events";
import { runLinkAcceptance } from "../testing/acceptance.js";
import { bindIrohEndpoint } from "./endpoint.js";

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

runLinkAcceptance("iroh", () => ({
  bind: (alpns) => bindIrohEndpoint({ secretKey: crypto.getRandomValues(new Uint8Array(32)), alpns }),
  deadAddress: async () => `127.0.0.1:${await freePort()}`,
}));

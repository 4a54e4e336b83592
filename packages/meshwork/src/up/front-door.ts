/**
 * The console's door in the machine's own network, where the console itself runs on a host of a lab: the launcher accepts, and hands each
 * connection over to the console's process. A connection belongs to the network in which it was accepted, so the console is reached as ever,
 * and nothing joins the two networks.
 *
 * Owner: `mesh up --chaos --lab`, whose process it neither holds up nor outlives. It keeps no connection.
 */
import { createServer, type Socket } from "node:net";
import type { ConsoleAddress } from "./console-address.js";
import { portTaken } from "./preflight.js";

/** Throws MESH_E_PORT_TAKEN. */
export async function openFrontDoor(
  { host }: ConsoleAddress,
  port: number,
  handOver: (socket: Socket) => void,
): Promise<void> {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    handOver(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? portTaken(port) : error),
    );
    server.listen({ host, port, exclusive: true }, resolve);
  });
  server.on("error", () => {});
  server.unref();
}

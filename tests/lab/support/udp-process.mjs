/** Plain UDP sockets on a host of the lab, by order of a test (udp-host.ts). Ends with its parent. */
import { createSocket } from "node:dgram";

const sockets = [];
const orders = {
  open: ({ port }) =>
    new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      const id = sockets.push(socket) - 1;
      socket.on("message", (bytes, { address, port: from }) => {
        const atMs = Number(process.hrtime.bigint()) / 1e6;
        process.send({
          socket: id,
          text: bytes.toString("utf8", 0, 64),
          bytes: bytes.length,
          address,
          port: from,
          atMs,
        });
      });
      socket.once("error", reject);
      socket.bind(port, () => resolve({ id, port: socket.address().port }));
    }),
  send: async ({ id, texts, bytes, address, port }) => {
    for (const text of texts) {
      const datagram = Buffer.alloc(Math.max(bytes, text.length), " ");
      datagram.write(text);
      await new Promise((resolve, reject) =>
        sockets[id].send(datagram, port, address, (error) => (error ? reject(error) : resolve())),
      );
    }
  },
};
process.on("message", async ({ order, call, input }) => {
  try {
    process.send({ call, value: await orders[order](input) });
  } catch (error) {
    process.send({ call, error: error.message });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ up: true });

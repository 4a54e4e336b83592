import { createServer } from "node:net";
import { expect, test } from "vitest";
import { findPortOwner, listeningInodes, portTakenError } from "./port-owner.js";

test("the holder of a listening port is found, on either family, and named in the error", async () => {
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const { port } = server.address() as { port: number };
    expect(findPortOwner(port)?.pid).toBe(process.pid);
    expect(portTakenError(host, port)).toMatchObject({
      code: "MESH_E_PORT_TAKEN_BY",
      message: expect.stringContaining(`process ${process.pid} (`),
    });
    await new Promise((resolve) => server.close(resolve));
    expect(findPortOwner(port)).toBeUndefined();
  }
});

test("only listening sockets on exactly that port count", () => {
  const row = (address: string, state: string, inode: number): string =>
    `   0: ${address} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0 100 0 0 10 0`;
  const table = [
    "header",
    row("0100007F:4A92", "0A", 11),
    row("0100007F:4A92", "01", 12),
    row("0100007F:4A93", "0A", 13),
  ];
  expect(listeningInodes(table.join("\n"), 0x4a92)).toEqual(["11"]);
  expect(listeningInodes("", 1)).toEqual([]);
});

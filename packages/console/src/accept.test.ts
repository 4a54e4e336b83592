/** A connection that somebody else accepted is served as the console's own, and ends with it. */
import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { type Harness, startHarness, TOKEN } from "../test/harness.js";

let harness: Harness;
const doors: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
  for (const door of doors.splice(0)) door.close();
  await harness.console.close();
});

async function openDoor(): Promise<number> {
  const door = createServer({ pauseOnConnect: true }, (socket) => harness.console.accept(socket));
  doors.push(door);
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  return (door.address() as AddressInfo).port;
}

const lines = (token: string) =>
  `GET /api/cluster HTTP/1.1\r\nhost: 127.0.0.1:${harness.console.port}\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`;

test("it is answered as any other, by the same rules", async () => {
  harness = await startHarness();
  const port = await openDoor();
  const ask = (request: string) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    return text(socket);
  };
  expect(await ask(lines(TOKEN))).toMatch(/^HTTP\/1.1 200 /);
  expect(await ask(lines("x".repeat(32)))).toMatch(/^HTTP\/1.1 401 /);
});

test("no more of them at a time than the console takes itself; with the console they end", async () => {
  harness = await startHarness({ limits: { maxConnections: 2 } });
  const port = await openDoor();
  const sockets = [0, 1].map(() => connect(port, "127.0.0.1"));
  const said = Promise.all(sockets.map((socket) => text(socket).catch(() => "")));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  for (const socket of sockets) socket.write("GET /");
  expect(await text(connect(port, "127.0.0.1")).catch(() => "")).toBe("");
  await harness.console.close();
  expect(await said).toEqual(["", ""]);
});

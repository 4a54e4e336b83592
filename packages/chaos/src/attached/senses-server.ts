/**
 * A node's senses in a cluster that was started for chaos (`mesh up --chaos`): a socket that only the machine's user reaches, in the
 * launcher's directory. Not over the mesh: a judge whose questions were part of the traffic would be part of what it judges, and no peer may
 * ask for harm. One listener at a time; the newest holds.
 */
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { MeshNode } from "@meshwork/node";
import type { AgentMessage, AgentRequest } from "../cluster/agent-protocol.js";
import { Senses } from "../cluster/senses.js";
import { parseLine } from "./lines.js";
import { chaosDirectory, notesFileOf, socketOf } from "./places.js";

/** Resolves when it listens. The process need not stay for it. */
export async function serveSenses(node: MeshNode): Promise<void> {
  const directory = chaosDirectory(process.ppid);
  const senses = new Senses(node, join(directory, notesFileOf(node.id)));
  let current: Socket | undefined;
  const server = createServer((socket) => {
    current?.destroy();
    current = socket;
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      if (current !== socket) return;
      current = undefined;
      senses.shut();
    });
    senses.open((message: AgentMessage) => socket.write(`${JSON.stringify(message)}\n`));
    // readline hands the socket's errors on.
    const lines = createInterface({ input: socket }).on("error", () => socket.destroy());
    lines.on("line", (line) => {
      const request = parseLine<AgentRequest>(line);
      if (request !== undefined) void senses.answer(request);
    });
  });
  const path = join(directory, socketOf(process.pid));
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.unref();
}

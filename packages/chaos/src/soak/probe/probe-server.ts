/**
 * The probe's end in a process of a soak: answers on a Unix socket that only the machine's user reaches. Holds the judge's one connection
 * and nothing else.
 */
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type ProbeFigures, type ProbeHandlers, type ProbeLine, probePath, type SeenChange } from "./protocol.js";

export interface ProbeServer {
  /** Tells the judge; nothing where there is none. */
  push(change: SeenChange): void;
}

/** Resolves when it listens. The process need not stay for it. */
export async function serveProbe(launcherPid: number, handlers: ProbeHandlers): Promise<ProbeServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    // readline hands the socket's errors on.
    const lines = createInterface({ input: socket }).on("error", () => socket.destroy());
    lines.on("line", (line) => socket.write(`${JSON.stringify(answer(line, handlers))}\n`));
  });
  const path = probePath(launcherPid, process.pid);
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.unref();
  return {
    push: (change) => {
      for (const socket of sockets) socket.write(`${JSON.stringify({ change } satisfies ProbeLine)}\n`);
    },
  };
}

function answer(line: string, handlers: ProbeHandlers): ProbeLine {
  const { id, operation, params } = JSON.parse(line) as { id: number; operation: keyof ProbeHandlers; params: never };
  try {
    const handler = handlers[operation];
    if (handler === undefined) throw new Error(`this process has no ${operation}`);
    return { id, result: handler(params) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

/** V8 gives its collector away only by flag; a context made after that has it. */
let collect: (() => void) | undefined;

/** Figures of this process alone; a node's probe adds the node's. */
export function ownFigures(forced: boolean): ProbeFigures {
  if (forced) {
    if (collect === undefined) {
      setFlagsFromString("--expose-gc");
      collect = runInNewContext("gc") as () => void;
    }
    collect();
  }
  return {
    heapBytes: forced ? process.memoryUsage().heapUsed : null,
    handles: process.getActiveResourcesInfo().filter((resource) => resource !== "TCPSocketWrap").length,
    connections: null,
    sizes: {},
    links: [],
  };
}

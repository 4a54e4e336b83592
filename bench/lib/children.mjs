/** Starts and stops benchmark nodes (node-child.mjs) and gathers what they report. */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Children {
  #dir = mkdtempSync(join(tmpdir(), "meshwork-bench-"));
  #children = new Set();
  #count = 0;

  async start(options, env = {}) {
    const child = fork(new URL("./node-child.mjs", import.meta.url), {
      env: {
        ...process.env,
        RUST_BACKTRACE: "0",
        TOKIO_WORKER_THREADS: "1",
        MALLOC_ARENA_MAX: "1",
        ...env,
        BENCH_NODE: JSON.stringify({
          mesh: "bench",
          type: "node",
          dataDir: join(this.#dir, String(this.#count++)),
          ...options,
        }),
      },
    });
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    const info = await once(child, "ready");
    return { child, ...info };
  }

  async stop() {
    await Promise.all(
      [...this.#children].map((child) => {
        const exited = new Promise((resolve) => child.once("exit", resolve));
        child.send({ kind: "close" });
        return exited;
      }),
    );
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Next message of a kind from a child. */
export function once(child, kind) {
  return new Promise((resolve, reject) => {
    const onMessage = (message) => {
      if (message.kind !== kind) return;
      child.off("message", onMessage);
      child.off("exit", onExit);
      resolve(message);
    };
    const onExit = (code) => reject(new Error(`benchmark node ended with ${code} before "${kind}"`));
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}

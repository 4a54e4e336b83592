/** Starts the victim, knows whether it lives and what it said. */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_LIMIT_MS = 20_000;
const ANSWER_LIMIT_MS = 5_000;
const MAX_LINES = 200;

export class Victim {
  static async start(env = {}) {
    const victim = new Victim(env);
    const timer = setTimeout(() => victim.child.kill("SIGKILL"), START_LIMIT_MS);
    const { ready } = await Promise.race([
      victim.next(),
      victim.ended.then((end) => Promise.reject(new Error(`the victim ended: ${end}`))),
    ]);
    clearTimeout(timer);
    Object.assign(victim, ready);
    return victim;
  }

  constructor(env) {
    this.dataDir = mkdtempSync(join(tmpdir(), "meshwork-fuzz-victim-"));
    this.child = fork(join(import.meta.dirname, "victim.mjs"), [this.dataDir], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, ...env },
    });
    /** What it printed on standard error: a sound node prints nothing. */
    this.lines = [];
    this.child.stderr.setEncoding("utf8");
    this.child.stderr.on("data", (text) => {
      if (this.lines.length < MAX_LINES) this.lines.push(...text.trimEnd().split("\n"));
    });
    this.end = undefined;
    this.ended = new Promise((resolve) =>
      this.child.once("exit", (code, signal) => {
        this.end = signal ?? code;
        resolve(this.end);
      }),
    );
    this.calls = 0;
    this.kill = () => this.child.kill("SIGKILL");
    process.once("exit", this.kill);
  }

  next() {
    return new Promise((resolve) => this.child.once("message", resolve));
  }

  /** Its stats, and whom its directory lists. Rejects where it does not say so in time. */
  async stats() {
    if (this.end !== undefined) throw new Error(`the victim ended: ${this.end}`);
    const call = ++this.calls;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the victim does not answer its parent")), ANSWER_LIMIT_MS);
      const listen = (message) => {
        if (message.call !== call) return;
        clearTimeout(timer);
        this.child.off("message", listen);
        resolve(message.value);
      };
      this.child.on("message", listen);
      this.child.send({ call }, () => {});
    });
  }

  async stop() {
    if (this.end === undefined) this.child.disconnect();
    const timer = setTimeout(this.kill, ANSWER_LIMIT_MS);
    await this.ended;
    clearTimeout(timer);
    process.off("exit", this.kill);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Plain UDP sockets on hosts of the lab: what a probe sees without any node. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Lab, LabHost } from "meshwork/chaos";

const PROGRAM = join(import.meta.dirname, "udp-process.mjs");
const ARRIVES_WITHIN_MS = 5_000;

export interface Datagram {
  readonly text: string;
  readonly bytes: number;
  /** The sender, as the receiver sees it. */
  readonly address: string;
  readonly port: number;
  /** Of the machine's monotonic clock. */
  readonly atMs: number;
}

type Told = Datagram & {
  readonly socket?: number;
  readonly call?: number;
  readonly value?: unknown;
  readonly error?: string;
};

export class UdpSocket {
  readonly port: number;
  readonly received: Datagram[] = [];
  readonly #send: (input: object) => Promise<unknown>;
  #arrived: () => void = () => {};

  constructor(port: number, send: (input: object) => Promise<unknown>) {
    this.port = port;
    this.#send = send;
  }

  /** One datagram for each text, in this order; each of `bytes` at least. */
  async send(texts: string | readonly string[], address: string, port: number, bytes = 0): Promise<void> {
    await this.#send({ texts: [texts].flat(), bytes, address, port });
  }

  /** Waits for it. */
  async receives(text: string): Promise<Datagram> {
    const found = () => this.received.find((datagram) => datagram.text.trim() === text);
    await this.#until(text, () => found() !== undefined);
    return found() as Datagram;
  }

  async receivesCount(count: number): Promise<void> {
    await this.#until(`${count} datagrams`, () => this.received.length >= count);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const deadline = performance.now() + ARRIVES_WITHIN_MS;
    while (!holds()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`${what} did not arrive; ${this.texts.join(", ") || "nothing"} did`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  get texts(): string[] {
    return this.received.map(({ text }) => text.trim());
  }

  took(datagram: Datagram): void {
    this.received.push(datagram);
    this.#arrived();
  }
}

export class UdpHost {
  readonly #child: ChildProcess;
  readonly #sockets = new Map<number, UdpSocket>();
  #calls = 0;

  static async on(lab: Lab, { namespace }: LabHost): Promise<UdpHost> {
    const onHost = ["netns", "exec", namespace, "setpriv", "--pdeathsig", "KILL", "--"];
    const child = spawn("ip", [...onHost, process.execPath, PROGRAM], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    if (child.pid !== undefined) lab.ledger.addProcess(child.pid);
    await once(child, "message");
    return new UdpHost(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.setMaxListeners(0);
    child.on("message", (told: Told) => {
      if (told.socket !== undefined) this.#sockets.get(told.socket)?.took(told);
    });
  }

  async open(port = 0): Promise<UdpSocket> {
    const opened = (await this.#order("open", { port })) as { id: number; port: number };
    const socket = new UdpSocket(opened.port, (input) => this.#order("send", { ...input, id: opened.id }));
    this.#sockets.set(opened.id, socket);
    return socket;
  }

  #order(order: string, input: object): Promise<unknown> {
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      const listen = (told: Told) => {
        if (told.call !== call) return;
        this.#child.off("message", listen);
        if (told.error === undefined) resolve(told.value);
        else reject(new Error(told.error));
      };
      this.#child.on("message", listen);
      this.#child.send({ order, call, input });
    });
  }
}

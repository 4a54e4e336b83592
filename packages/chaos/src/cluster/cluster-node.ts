/** A node of the lab's cluster through all its lives: its host, its data directory, the agent that runs it now. Owner: the cluster. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeOptions } from "@meshwork/node";
import { MeshError } from "@meshwork/protocol";
import type { LabHost } from "../lab/host.js";
import { Agent } from "./agent.js";
import { type AgentCall, type AgentInfo, type AgentInput, type AgentOutput, NOTES_FILE } from "./agent-protocol.js";
import { ChaosNode } from "./chaos-node.js";

export interface ClusterNodeOptions {
  readonly mesh: string;
  readonly type: string;
  readonly observe: readonly string[];
  readonly host: LabHost | undefined;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly noteProcess: (pid: number) => void;
}

export class ClusterNode extends ChaosNode {
  readonly mesh: string;
  readonly type: string;
  readonly observes: readonly string[];
  readonly host: LabHost | undefined;
  dataDir: string;
  /** Added to the environment of the next start. */
  extraEnv: Readonly<Record<string, string>> = {};
  readonly #options: ClusterNodeOptions;
  #agent: Agent | undefined;
  #info: AgentInfo | undefined;
  #booted = false;

  constructor(options: ClusterNodeOptions) {
    super();
    this.#options = options;
    this.mesh = options.mesh;
    this.type = options.type;
    this.observes = options.observe;
    this.host = options.host;
    this.dataDir = options.dataDir;
  }

  /** Throws MESH_E_AGENT before the first start. */
  get info(): AgentInfo {
    if (this.#info === undefined) throw new MeshError("MESH_E_AGENT", "the node has never been started");
    return this.#info;
  }

  get id(): string {
    return this.info.id;
  }

  get name(): string {
    return this.info.name;
  }

  get seed(): string {
    return this.info.seed;
  }

  get wasStarted(): boolean {
    return this.#agent !== undefined;
  }

  get isRunning(): boolean {
    return this.#booted && this.#agent?.isAlive === true;
  }

  get agent(): Agent {
    if (this.#agent === undefined) throw new MeshError("MESH_E_AGENT", "the node has never been started");
    return this.#agent;
  }

  /** Rejects with what the node itself says where it does not boot; its process is then gone. */
  async start(seeds: readonly string[]): Promise<AgentInfo> {
    if (this.isRunning) throw new MeshError("MESH_E_AGENT", `${this.name} is running`);
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    const { env, noteProcess } = this.#options;
    const agent = new Agent({
      host: this.host,
      env: { ...env, ...this.extraEnv },
      onTold: (changes, notes) => this.told(changes, notes),
    });
    this.#agent = agent;
    this.#booted = false;
    noteProcess(agent.pid);
    const options: NodeOptions = {
      ...{ mesh: this.mesh, type: this.type, observe: this.observes, seeds, dataDir: this.dataDir },
      ...(this.host === undefined ? {} : { bind: "0.0.0.0:0" }),
    };
    try {
      this.#info = await agent.call("start", { options }, 30_000);
      this.#booted = true;
      return this.#info;
    } catch (error) {
      await agent.kill();
      throw error;
    }
  }

  call<K extends AgentCall>(kind: K, input: AgentInput<K>, timeoutMs?: number): Promise<AgentOutput<K>> {
    return this.agent.call(kind, input, timeoutMs);
  }

  async crash(): Promise<number> {
    return this.agent.kill();
  }

  async ended(): Promise<string | null> {
    return (await this.agent.exited).signal;
  }

  async freeze(): Promise<void> {
    this.agent.signal("SIGSTOP");
  }

  async thaw(): Promise<void> {
    this.agent.signal("SIGCONT");
  }

  /** Leaves in order. Resolves when the process is gone. */
  async stop(reason = "chaos"): Promise<void> {
    if (!this.isRunning) return;
    this.agent.signal("SIGCONT");
    await this.call("close", { reason }).catch(() => {});
    await this.agent.kill();
  }

  /** Up or booting. */
  async kill(): Promise<void> {
    await this.#agent?.kill();
  }

  /** Ids that it has received, as its file has them: of all its lives in this data directory. */
  readNotes(): string[] {
    try {
      return readFileSync(join(this.dataDir, NOTES_FILE), "utf8")
        .split("\n")
        .filter((line) => line !== "");
    } catch {
      return [];
    }
  }
}

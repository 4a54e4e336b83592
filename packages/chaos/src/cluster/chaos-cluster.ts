/**
 * A cluster as the judge knows it: the lab's (cluster.ts), or one that runs (attached/attached-cluster.ts). What it knows of itself it asks
 * its nodes for; a verdict rests on no list of its own but on who was started.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Hands } from "../lab/hands.js";
import { monotonicMs } from "./agent-protocol.js";
import type { ChaosNode } from "./chaos-node.js";
import type { CollectorState } from "./collector.js";

const SETTLE_POLL_MS = 150;
const ASK_TIMEOUT_MS = 5_000;

/** What a node is started under for a fault: its data on a small disk of its own, or by a wall clock of its own. */
export type Conditions = "small-disk" | "own-clock";

/** A second process with a copy of a node's identity. */
export interface Twin {
  /** The code with which its node has ended by itself; undefined while it runs. */
  failure(): Promise<string | undefined>;
  /** It and its copy of the identity are gone then. */
  end(): Promise<void>;
}

export abstract class ChaosCluster<N extends ChaosNode = ChaosNode> {
  /** Those that run. */
  abstract get nodes(): readonly N[];
  /** Those that ran since the last `forget` too. */
  abstract get everybody(): readonly N[];
  /** Starts one that is gone with its identity. Resolves when it is ready. */
  abstract restart(node: N): Promise<void>;
  /** The place of one that is gone, or goes now, is taken again by a node of its kind. */
  abstract refill(node: N): Promise<void>;
  /** A new node with an identity of its own, for as long as the fault is on. */
  abstract add(mesh: string, type: string): Promise<N>;
  abstract retire(node: N): Promise<void>;
  /** Starts it anew in order, with its identity, under these conditions; they hold until `release`. Needs a lab. */
  abstract settle(node: N, conditions: Conditions): Promise<void>;
  /** From its next start on it is under its own conditions again. */
  abstract release(node: N): Promise<void>;
  /** Rejects where it did not come up. */
  abstract twin(node: N): Promise<Twin>;
  /** Of the collector that all nodes export to. */
  abstract setCollector(state: CollectorState): Promise<void>;
  /** The lab's; undefined without one. */
  abstract get hands(): Hands | undefined;
  /** Names of all hosts but those of these nodes. */
  abstract hostsBut(nodes: readonly ChaosNode[]): readonly string[];
  /** Every id that was acknowledged to have been received, as the files of all lives have them. */
  abstract receivedNotes(): string[];
  /** Whom the background traffic goes to; undefined: to any member. */
  abstract readonly noteTargets: readonly string[] | undefined;
  /** What somebody else did to it since the last `forget`. */
  abstract disturbances(): readonly string[];
  /** The next fault starts with an empty page. */
  abstract forget(): void;
  /** Whether who is listed under this id is not there. */
  protected abstract isGhost(id: string): boolean;
  /** Before it is asked whether all is whole. */
  protected async look(): Promise<void> {}

  /** Running nodes whose directory has the mesh: its members, and those who observe it. */
  whoSee(mesh: string): readonly N[] {
    return this.nodes.filter((node) => node.mesh === mesh || node.observes.includes(mesh));
  }

  members(mesh: string): readonly N[] {
    return this.nodes.filter((node) => node.mesh === mesh);
  }

  /** Whether every node lists exactly whom it must, by its own directory. Waits, unless it is aborted; then says what is wrong. */
  async whole(withinMs: number, signal?: AbortSignal): Promise<string | undefined> {
    const deadlineMs = monotonicMs() + withinMs;
    for (;;) {
      await this.look();
      const problem = await this.#problem();
      if (problem === undefined || monotonicMs() > deadlineMs || signal?.aborted) return problem;
      await sleep(SETTLE_POLL_MS);
    }
  }

  async #problem(): Promise<string | undefined> {
    const nodes = this.nodes;
    const names = new Map(nodes.map(({ id, name }) => [id, name]));
    const problems = await Promise.all(
      nodes.map(async (node) => {
        const expected = nodes.filter(({ mesh }) => mesh === node.mesh || node.observes.includes(mesh));
        try {
          const directory = await node.call("directory", {}, ASK_TIMEOUT_MS);
          const listed = new Set(directory.map(({ id }) => id));
          const missing = expected.filter(({ id }) => !listed.has(id)).map(({ name }) => name);
          const strange = [...listed].filter((id) => !expected.some((other) => other.id === id) && this.isGhost(id));
          const suspected = directory
            .filter((entry) => entry.suspected && names.has(entry.id))
            .map(({ id }) => names.get(id));
          if (missing.length > 0) return `${node.name} does not list ${missing.join(", ")}`;
          if (strange.length > 0)
            return `${node.name} lists ghosts: ${strange.map((id) => names.get(id) ?? id.slice(0, 12)).join(", ")}`;
          return suspected.length > 0 ? `${node.name} suspects ${suspected.join(", ")}` : undefined;
        } catch (error) {
          return `${node.name} does not answer: ${(error as Error).message}`;
        }
      }),
    );
    return problems.find((problem) => problem !== undefined);
  }
}

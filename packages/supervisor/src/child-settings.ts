/**
 * What a child process is started with: command, environment, seeds. Seeds are chosen at the moment of the start, so that a
 * respawn gets those of nodes that live now. Owner: the supervisor; holds nothing that grows.
 */
import type { InlineNodeOptions } from "./child-protocol.js";
import type { ManagedChildOptions } from "./managed-child.js";
import { baseEnvironment, intakeEnvironment, nodeEnvironment } from "./node-environment.js";
import type { SeedBook } from "./seed-book.js";
import type { NodeSpec, SupervisorOptions, TelemetryIntake } from "./types.js";
import type { Watchdog } from "./watchdog.js";

const OWN_SEEDS = 3;
const OBSERVED_SEEDS = 2;

export class ChildSettings {
  intake: TelemetryIntake | undefined;
  readonly #options: SupervisorOptions;
  readonly #seeds: SeedBook;
  readonly #watchdog: Watchdog;
  readonly #baseEnv: Readonly<Record<string, string>>;

  constructor(options: SupervisorOptions, seeds: SeedBook, watchdog: Watchdog) {
    this.intake = options.intake;
    this.#options = options;
    this.#seeds = seeds;
    this.#watchdog = watchdog;
    this.#baseEnv = baseEnvironment(options.env ?? process.env);
  }

  /** `label` goes before each line that the child writes, in the log; it is the slot, where the child has one. */
  child(
    entry: string,
    env: Record<string, string>,
    label: string,
    dataDir?: string,
  ): Omit<ManagedChildOptions, "onMessage"> {
    const { log, nodeArgs = [], placeFor } = this.#options;
    const onLine = log && ((line: string) => log(`${label}: ${line}`));
    const place = dataDir === undefined ? undefined : placeFor?.(label, dataDir);
    return {
      ...{ entry, nodeArgs, watchdog: this.#watchdog, onLine },
      ...{ prefix: place?.prefix ?? [], env: { ...env, ...place?.env } },
    };
  }

  environment(slot: string, spec: NodeSpec, dataDir: string, observe: readonly string[]): Record<string, string> {
    const seeds = this.#seedsFor(slot, spec.mesh, observe);
    const { bind } = this.#options;
    return nodeEnvironment({ base: this.#baseEnv, spec, dataDir, seeds, observe, bind, intake: this.intake });
  }

  /** Of a process that holds many nodes: what is a node's own comes with its `add` message. */
  hostEnvironment(): Record<string, string> {
    return { ...this.#baseEnv, ...intakeEnvironment(this.intake) };
  }

  inline(slot: string, spec: NodeSpec, dataDir: string, observe: readonly string[]): InlineNodeOptions {
    const { bind } = this.#options;
    const { mesh, type, cpuBudgetCores, ramBudgetBytes } = spec;
    return {
      mesh,
      type,
      dataDir,
      seeds: this.#seedsFor(slot, mesh, observe),
      observe,
      ...(bind === undefined ? {} : { bind }),
      ...(cpuBudgetCores === undefined ? {} : { cpuBudgetCores }),
      ...(ramBudgetBytes === undefined ? {} : { ramBudgetBytes }),
      ...(this.intake === undefined ? {} : { telemetry: this.intake }),
    };
  }

  #seedsFor(slot: string, mesh: string, observes: readonly string[]): string[] {
    const observed = observes.flatMap((other) => this.#seeds.pick(other, OBSERVED_SEEDS, slot));
    return [...this.#seeds.pick(mesh, OWN_SEEDS, slot), ...observed];
  }
}

/**
 * What the console needs of whoever does chaos to its cluster: it shows and passes on, the desk decides. The desk sees to it that only the
 * cluster's own nodes are hit and that what was done is undone.
 */
import type { z } from "@hono/zod-openapi";
import type * as schemas from "./chaos-schemas.js";
import type { DeepReadonly } from "./deep-readonly.js";

type ChaosFault = z.infer<typeof schemas.ChaosFault>;
type ChaosRunView = z.infer<typeof schemas.ChaosRun>;
type ChaosVerdictView = z.infer<typeof schemas.ChaosVerdict>;

type Unknowns = "withinMs" | "witnesses" | "waitedMs" | "reverted" | "healedMs" | "notes" | "tookMs" | "loadPerCore";

/** What a fault came to; what is not known of it is absent. */
export type DeskVerdict = DeepReadonly<
  Pick<ChaosVerdictView, Exclude<keyof ChaosVerdictView, Unknowns>> & {
    [K in Unknowns]?: ChaosVerdictView[K] | undefined;
  }
>;
export type DeskRun = DeepReadonly<Omit<ChaosRunView, "verdicts">> & { readonly verdicts: readonly DeskVerdict[] };

export interface DeskOrder {
  readonly specs: readonly {
    readonly action: string;
    readonly selector?: string;
    /** Milliseconds. */
    readonly duration: number;
    readonly schedule?: { readonly every: number; readonly rounds: number };
  }[];
  readonly seed: number | undefined;
  readonly blind: boolean;
}

export interface DeskEvent {
  readonly severity: "info" | "warn" | "error";
  /** `chaos.…` */
  readonly kind: string;
  readonly node: string | null;
  readonly mesh: string | null;
  readonly message: string;
}

export interface ChaosDesk {
  /** Faults that act now. */
  running(): number;
  /** Grows whenever a run's view has changed but for its clocks. */
  changes(): number;
  faults(): Promise<readonly DeepReadonly<ChaosFault>[]>;
  /** Whether there is a node of the cluster that a fault could hit. */
  hasTarget(wanted: string): Promise<boolean>;
  /** Newest first. */
  runs(): readonly DeskRun[];
  run(id: number): DeskRun | undefined;
  /** Undefined where another run is not over. Throws MESH_E_NO_SUCH_FAULT, MESH_E_BAD_OPTION. */
  start(order: DeskOrder): DeskRun | undefined;
  /** Undefined where there is no such run, here and below. */
  revertNow(id: number): DeskRun | undefined;
  /** Resolves when what was on is undone. */
  stop(id: number): Promise<DeskRun | undefined>;
  onEvent(listener: (event: DeskEvent) => void): () => void;
  sizes(): Readonly<Record<string, number>>;
}

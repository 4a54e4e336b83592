/**
 * What the console needs of the supervisor, which owns the processes. The console asks and shows; the supervisor decides, validates
 * again and serialises. Adapter to its link: supervisor-adapter.ts.
 */
export interface SupervisedProcess {
  /** The supervisor's own id of this process slot; stable over its life. */
  readonly key: string;
  readonly pid: number | null;
  /** e.g. starting, running, frozen, stopping, exited. Shown as it is. */
  readonly state: string;
  readonly mesh: string;
  readonly type: string;
  /** Null until the process has said it. */
  readonly id: string | null;
  readonly name: string | null;
  readonly bootMs: number | null;
  readonly bootTraceId: string | null;
  /** The last boot step that it reported. */
  readonly lastStep: string | null;
  /** Shares its process with other nodes. */
  readonly shared: boolean;
  readonly cpuBudgetCores: number | null;
  readonly ramBudgetBytes: number | null;
  /** Why it exited or failed to boot, in one line; null where it did not. */
  readonly failure: string | null;
}

export interface SpawnOrder {
  readonly mesh: string;
  readonly type: string;
  readonly count: number;
  readonly cpuBudgetCores?: number;
  readonly ramBudgetBytes?: number;
}

export interface SpawnOutcome {
  readonly spawned: readonly SupervisedProcess[];
  readonly failed: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
}

/** `already`: there was nothing to do. */
export type ActionOutcome = { readonly result: "done" | "already"; readonly pid: number | null };

export type ProcessAction = "stop" | "kill" | "restart" | "freeze" | "thaw";

export interface SupervisorClient {
  list(): Promise<readonly SupervisedProcess[]>;
  /** Throws MESH_E_POOL_FULL where the cap would be passed; parallel calls cannot pass it. */
  spawn(order: SpawnOrder): Promise<SpawnOutcome>;
  act(key: string, action: ProcessAction): Promise<ActionOutcome>;
  /** Something about a process changed: list again. Returns the unsubscribe. */
  onChange(listener: () => void): () => void;
}

/** The demo traffic is run by the nodes; these only switch it. */
export interface DemoSwitch {
  start(): Promise<void>;
  stop(): Promise<void>;
  running(): boolean;
}

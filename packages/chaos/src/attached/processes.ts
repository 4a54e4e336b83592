/**
 * What chaos needs of whoever owns the processes of a running cluster. They see to it that what is done here is undone also where the one
 * who asked for it goes away.
 */
export interface RunningProcess {
  readonly slot: string;
  readonly pid: number | undefined;
  /** `ready` is one that runs, `frozen` one that was stopped. */
  readonly state: string;
  readonly mesh: string;
  readonly type: string;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly observes: readonly string[];
  /** Shares its process with other nodes. */
  readonly shared: boolean;
  /** `<id>@<ip:port>` */
  readonly seed?: string | undefined;
  /** How its last process ended. */
  readonly exit?: { readonly signal: string | null } | undefined;
}

export interface Processes {
  list(): Promise<readonly RunningProcess[]>;
  /** SIGKILL; its identity is kept for `restart`. */
  crash(slot: string): Promise<void>;
  restart(slot: string): Promise<void>;
  freeze(slot: string): Promise<void>;
  thaw(slot: string): Promise<void>;
}

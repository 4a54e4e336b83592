/**
 * The cluster under a soak, as far as the soak needs one: processes that it can strike by pid and name. The `mesh` command has one that is
 * `mesh up` in a process of its own, asked through its console.
 */
export interface SoakNode {
  readonly name: string;
  readonly pid: number;
  readonly mesh: string;
  readonly type: string;
}

export interface SoakCluster {
  readonly launcherPid: number;
  /** Of the console's process as it was started. */
  readonly consolePid: number;
  readonly nodes: readonly SoakNode[];
  /** SIGKILL; resolves when it was sent. The identity is kept for `restart` until `remove`. */
  kill(node: SoakNode): void;
  /** Signed leave, then the end; the data directory goes with it. Also of one that was killed. */
  remove(name: string): Promise<void>;
  /** Same identity again. */
  restart(name: string): Promise<SoakNode>;
  spawn(mesh: string, type: string): Promise<SoakNode>;
  freeze(name: string): Promise<void>;
  thaw(name: string): Promise<void>;
  /** The console's own collections, those of its node included. */
  consoleSizes(): Promise<Readonly<Record<string, number>>>;
  /** Ends by itself without having been told: resolves with the reason, at the latest with `close`. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/**
 * What the rules judge: figures with their ages, from sources that cost no frame. A figure that is not there or too old is undefined:
 * unknown, and never taken for good.
 */

export interface Figure {
  readonly value: number;
  readonly ageMs: number;
}

export interface NodeFacts {
  readonly id: string;
  readonly name: string;
  readonly mesh: string;
  readonly record: { readonly ageMs: number; readonly refreshIntervalMs: number } | undefined;
  readonly cpuUsedCores: Figure | undefined;
  readonly cpuBudgetCores: number | undefined;
  readonly ramUsedBytes: Figure | undefined;
  readonly ramBudgetBytes: number | undefined;
  /** In its active view of its own mesh. */
  readonly peers: Figure | undefined;
  /** Connections beyond one to each peer. */
  readonly furtherConnections: Figure | undefined;
  readonly connectionsOpenedPerMinute: Figure | undefined;
  /** Spans lost within the last minutes. */
  readonly telemetryDropped: Figure | undefined;
  /** Members of its own mesh in its own directory. */
  readonly ownMeshListed: Figure | undefined;
}

export interface LinkFacts {
  readonly key: string;
  readonly mesh: string;
  readonly holder: string;
  readonly other: string;
  /** Undefined where an end has not said lately what it holds. */
  readonly oneSided: boolean | undefined;
  readonly ageMs: number;
}

export interface MeshFacts {
  readonly mesh: string;
  /** Live in the console's directory. */
  readonly live: number;
  /** Names of live members that at least two others, themselves doubted by nobody, suspect or take for dead. */
  readonly doubted: readonly string[];
  /** Names of nodes that go on reporting to the console over HTTP, with peers, although its directory took them for gone. */
  readonly cutOff: readonly string[];
}

export interface Facts {
  readonly nodes: readonly NodeFacts[];
  readonly links: readonly LinkFacts[];
  readonly meshes: readonly MeshFacts[];
  readonly console: { readonly name: string; readonly loopDelayMs: number; readonly rejectedSpans: number };
}

/**
 * What the page shows, gathered: directory and its changes, stats while somebody looks, the supervisor's list, boot traces, what other
 * nodes say of members. Every source is asked for; nothing is computed that was not measured. One per console; `close()` ends all
 * subscriptions and timers.
 */
import type { DirectoryChange, MeshNode, NodeStats, RemoteDirectoryEntry } from "@meshwork/node";
import type { IntakeSpan } from "@meshwork/telemetry";
import type { BootTrace, LinkView, NodeDetail, NodeView } from "../api-types.js";
import type { ConsoleClock } from "../clock.js";
import type { History } from "../history/history.js";
import type { SupervisedProcess, SupervisorClient } from "../supervisor-client.js";
import type { VersionClock } from "../version-clock.js";
import { nodeIdOf, peerIdOf, STATE_BY_SPAN } from "../vocabulary.js";
import { Attention } from "./attention.js";
import type { EventLog } from "./event-log.js";
import { LinkTable } from "./link-table.js";
import { MemberEvents } from "./member-events.js";
import { detailOf, isLive, type NodeRow, type ViewContext } from "./node-row.js";
import { NodeTable } from "./node-table.js";
import { Observations } from "./observations.js";
import { ProcessEvents } from "./process-events.js";
import { StatsWatch } from "./stats-watch.js";

const SUPERVISOR_POLL_MS = 2_000;
const OWN_STATS_MS = 1_000;

export interface LiveStateOptions {
  readonly node: MeshNode;
  readonly supervisor: SupervisorClient | undefined;
  readonly clock: ConsoleClock;
  readonly versions: VersionClock;
  readonly events: EventLog;
  readonly history: History;
  /** Newest boot trace of a node, where the store has one. */
  readonly bootOf: (name: string) => BootTrace | undefined;
}

export class LiveState {
  readonly attention: Attention;
  readonly #options: LiveStateOptions;
  readonly #nodes: NodeTable;
  readonly #links: LinkTable;
  readonly #watch: StatsWatch;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #observations = new Observations();
  readonly #memberEvents: MemberEvents;
  readonly #processEvents: ProcessEvents;
  readonly #statsWaiters = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #polls = 0;
  #processes: { list: readonly SupervisedProcess[]; atMs: number } | undefined;
  #listing: Promise<void> | undefined;
  #closed = false;

  constructor(options: LiveStateOptions) {
    this.#options = options;
    this.#nodes = new NodeTable(options.versions);
    const { history } = options;
    this.#links = new LinkTable(options.versions, {
      link: (link) => history.link(link, this.nameOf),
      linkGone: (key) => history.linkGone(key, this.nameOf),
    });
    this.#memberEvents = new MemberEvents(options.events, options.node.name, (id) => this.#nodes.get(id));
    this.#processEvents = new ProcessEvents(options.events);
    this.#watch = new StatsWatch({ node: options.node, onStats: (id, stats) => this.#onStats(id, stats) });
    this.attention = new Attention((on) => this.#onAttention(on));
    this.#unsubscribe.push(options.node.directory.onChange((change) => this.#onChange(change)));
    if (options.supervisor !== undefined)
      this.#unsubscribe.push(options.supervisor.onChange(() => void this.#listProcesses()));
    this.sync();
    void this.#listProcesses();
  }

  close(): void {
    this.#closed = true;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.attention.close();
    this.#watch.close();
    clearInterval(this.#timer);
    for (const wake of [...this.#statsWaiters]) wake();
  }

  /** Brings the rows up to the directory. Called on changes, before each read and on each tick of the stream. */
  sync(): void {
    if (this.#closed) return;
    const { node, clock } = this.#options;
    const nowMs = clock.nowMs();
    const { directory } = node;
    const { gone } = this.#nodes.syncDirectory(directory.entries(), directory.departed(), nowMs, node.id);
    for (const row of gone) if (row.id !== null) this.#links.forget(row.id);
    const isGone = (id: string) => !isLive(this.#nodes.get(id)?.state ?? "expired");
    for (const id of this.#observations.sweep(nowMs, isGone)) this.#nodes.touch(id);
    this.#nodes.ensureSelf(node, nowMs);
    for (const row of this.#nodes.rows())
      if (row.boot === undefined && row.name !== null) {
        const boot = this.#options.bootOf(row.name);
        if (boot !== undefined) this.#nodes.setBoot(row.name, boot);
      }
    this.#nodes.sweep(nowMs);
    this.#remember();
    if (this.attention.on) this.#watch.sync(this.#othersLive());
  }

  #remember(): void {
    const { history } = this.#options;
    for (const row of this.#nodes.rows()) history.member(row);
    history.onlyMembers({ size: this.#nodes.size, has: (key) => this.#nodes.get(key) !== undefined });
  }

  #othersLive(): Set<string> {
    const ids = new Set<string>();
    for (const row of this.#nodes.rows())
      if (isLive(row.state) && row.id !== null && row.id !== this.#options.node.id) ids.add(row.id);
    return ids;
  }

  #onChange(change: DirectoryChange): void {
    this.#memberEvents.changed(change);
    // Another life: what was said of the former says nothing of it.
    const begins = change.kind === "joined" || (change.kind === "updated" && isAnotherLife(change));
    if (begins) this.#observations.forgetMember(change.entry.id);
    this.sync();
  }

  /** A node's own directory, as it has just told it. */
  toldDirectory(observerId: string, lines: readonly RemoteDirectoryEntry[]): void {
    const nowMs = this.#options.clock.nowMs();
    for (const { id, state, stateAgeMs } of lines) this.#told(observerId, id, state, nowMs - (stateAgeMs ?? 0), nowMs);
  }

  /** A node's span says that it suspects another one, has heard it after all, or takes it for dead. */
  toldBySpan(span: IntakeSpan): void {
    const state = STATE_BY_SPAN.get(span.name);
    const [observerId, memberId] = [nodeIdOf(span), peerIdOf(span)];
    if (state === undefined || observerId === null || memberId === null) return;
    const nowMs = this.#options.clock.nowMs();
    if (this.#told(observerId, memberId, state, nowMs, nowMs)) this.#memberEvents.observed(observerId, memberId, state);
  }

  /** True where it is news. The console's own views are its directory's; who is not listed says nothing and of nobody. */
  #told(observerId: string, memberId: string, state: string, sinceMs: number, nowMs: number): boolean {
    const observer = this.#nodes.get(observerId);
    if (observer === undefined || !isLive(observer.state) || observerId === this.#options.node.id) return false;
    if (observerId === memberId || this.#nodes.get(memberId) === undefined) return false;
    const news = this.#observations.told(memberId, { observerId, state, sinceMs, toldMs: nowMs });
    if (news) this.#nodes.touch(memberId);
    return news;
  }

  #onStats(id: string, stats: NodeStats): void {
    if (this.#closed) return;
    const nowMs = this.#options.clock.nowMs();
    if (!this.#nodes.setStats(id, stats, nowMs)) return;
    this.#links.report(id, stats.activeViews, nowMs);
    for (const wake of [...this.#statsWaiters]) wake();
  }

  #onAttention(on: boolean): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#options.history.watched(on);
    if (!on || this.#closed) {
      this.#watch.close();
      return;
    }
    this.sync();
    void this.#listProcesses();
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), OWN_STATS_MS);
    this.#timer.unref();
  }

  #tick(): void {
    this.#onStats(this.#options.node.id, this.#options.node.stats());
    this.#polls += 1;
    if (this.#polls % (SUPERVISOR_POLL_MS / OWN_STATS_MS) === 0) void this.#listProcesses();
  }

  /** Asks the supervisor. Calls meanwhile share the answer under way and see one more. */
  #listProcesses(): Promise<void> {
    const { supervisor, clock } = this.#options;
    if (supervisor === undefined || this.#closed) return Promise.resolve();
    this.#listing ??= supervisor
      .list()
      .then(
        (list) => {
          if (this.#closed) return;
          this.#processes = { list, atMs: clock.nowMs() };
          this.#processEvents.listed(list);
          this.#nodes.syncProcesses(list, clock.nowMs());
          this.sync();
        },
        () => {
          this.#processes = undefined;
        },
      )
      .finally(() => {
        this.#listing = undefined;
      });
    return this.#listing;
  }

  /** The supervisor's list, fresh. */
  async processes(): Promise<{ list: readonly SupervisedProcess[]; atMs: number } | undefined> {
    await this.#listing;
    await this.#listProcesses();
    return this.#processes;
  }

  /** As last listed; undefined where the supervisor did not answer. */
  get lastProcesses(): { list: readonly SupervisedProcess[]; atMs: number } | undefined {
    return this.#processes;
  }

  /** A boot trace grew. */
  onBoot(name: string | null, pid: number | null, boot: BootTrace): void {
    if (name !== null) this.#nodes.setBoot(name, boot);
    else if (pid !== null) this.#nodes.setBootByPid(pid, boot);
  }

  /** Looks, and waits until every live node has sent figures since, or `timeoutMs` are over. At once where somebody looks already. */
  async look(timeoutMs: number): Promise<void> {
    const was = this.attention.on;
    const fromMs = this.#options.clock.nowMs();
    this.attention.touch();
    this.sync();
    if (was) return;
    await this.#listing;
    const complete = () => {
      for (const row of this.#nodes.rows()) if (isLive(row.state) && row.statsAtMs < fromMs) return false;
      return true;
    };
    if (complete()) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#statsWaiters.delete(wake);
        resolve();
      };
      const wake = () => {
        if (this.#closed || complete()) done();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#statsWaiters.add(wake);
    });
  }

  nodes(sinceVersion = 0): NodeView[] {
    return this.#nodes.views(this.#viewContext(), sinceVersion);
  }

  links(sinceVersion = 0): LinkView[] {
    return this.#links.views(this.#options.clock.nowMs(), this.#nodes.nameOf, sinceVersion);
  }

  detail(row: NodeRow): NodeDetail {
    return detailOf(row, this.#viewContext());
  }

  /** Name of a member that is listed or was lately; else null. */
  readonly nameOf = (id: string): string | null => this.#nodes.nameOf(id);

  #viewContext(): ViewContext {
    const { clock, node } = this.#options;
    const { nameOf } = this.#nodes;
    return { nowMs: clock.nowMs(), nameOf, selfId: node.id, observationsOf: (id) => this.#observations.of(id) };
  }

  /** By name, id, or row key; else by a prefix that fits exactly one row (`ambiguous` lists the fits). */
  find(ref: string): { readonly row?: NodeRow; readonly ambiguous?: readonly string[] } {
    let fits: NodeRow[] = [];
    for (const row of this.#nodes.rows()) {
      if (row.name === ref || row.id === ref || row.key === ref) return { row };
      if (row.name?.startsWith(ref) || row.id?.startsWith(ref)) fits.push(row);
    }
    // Those who are gone do not make a prefix ambiguous.
    if (fits.length > 1) fits = fits.filter((row) => isLive(row.state) || row.state === "starting");
    if (fits.length === 1) return { row: fits[0]! };
    return fits.length === 0 ? {} : { ambiguous: fits.map((row) => row.name ?? row.key).slice(0, 20) };
  }

  rowOf(id: string): NodeRow | undefined {
    return this.#nodes.get(id);
  }

  /** Ids of those who suspect it or take it for dead, as far as they said so lately. */
  doubtersOf(id: string): string[] {
    const told = this.#observations.of(id).filter(({ state }) => state === "suspected" || state === "dead");
    return told.map(({ observerId }) => observerId);
  }

  rows(): IterableIterator<NodeRow> {
    return this.#nodes.rows();
  }

  removedSince(version: number): { nodes: string[]; links: string[] } {
    return { nodes: this.#nodes.removedSince(version), links: this.#links.removedSince(version) };
  }

  /** Deltas are complete for readers at or above this version. */
  get horizon(): number {
    return Math.max(this.#nodes.removals.horizon, this.#links.removals.horizon);
  }

  get linkCount(): number {
    return this.#links.size;
  }

  statsSummary(): { watched: number; fresh: number; intervalMs: number } {
    const nowMs = this.#options.clock.nowMs();
    const { intervalMs } = this.#watch;
    let fresh = 0;
    for (const row of this.freshRows(nowMs)) if (row.id !== this.#options.node.id) fresh += 1;
    return { watched: this.#watch.size, fresh, intervalMs };
  }

  /** Live rows whose stats are not older than three intervals. */
  *freshRows(nowMs: number): Generator<NodeRow> {
    for (const row of this.#nodes.rows())
      if (isLive(row.state) && row.stats !== undefined && nowMs - row.statsAtMs <= 3 * this.#watch.intervalMs)
        yield row;
  }

  sizes(): Readonly<Record<string, number>> {
    return {
      nodeRows: this.#nodes.size,
      linkRows: this.#links.size,
      observations: this.#observations.size,
      removals: this.#nodes.removals.size + this.#links.removals.size,
      statsWatchers: this.#watch.size,
    };
  }
}

function isAnotherLife({ entry, previous }: Extract<DirectoryChange, { kind: "updated" }>): boolean {
  return entry.record.generation !== previous.record.generation;
}

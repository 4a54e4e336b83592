/**
 * A V8 CPU profile as data (`.cpuprofile`): checked, folded and summed up. Pure, no Node API: what runs on a node runs in a page.
 *
 * Rules. A sample counts for the time until the next one; the last for the time until the end. That is wall time: a thread that
 * waits for a core counts as busy. `(idle)` is the event loop's poll: the wait for events, and the native part of what they set off.
 * `(program)` is other native code of the main thread outside any call from JavaScript, `(garbage collector)` its collector. Other threads are not in a profile at all. What runs
 * below a function of node:inspector, or below the reading of counters (profiler.ts), is the profiler itself, and told apart.
 */

/** Bounds of a profile that another process sends; a larger one is not read. */
export const CPU_PROFILE_LIMITS = {
  nodes: 20_000,
  samples: 100_000,
  textChars: 2_048,
  /** V8 itself looks at 255 frames of a stack. */
  depth: 256,
  /** Of folded stacks; those with the least time are left out first. */
  foldedChars: 16_000_000,
} as const;

export interface CallFrame {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  /** From 0, as V8 counts. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

export interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly hitCount: number;
  readonly children: readonly number[];
}

/** The first node is the root. Times in µs by the clock of the process that was profiled. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface FunctionShare {
  readonly name: string;
  /** `file:line`, the file cut to what tells it apart; empty for what V8 itself stands for. */
  readonly location: string;
  readonly selfMs: number;
  /** With what it called; recursion counts once. */
  readonly totalMs: number;
}

export interface ProfileSummary {
  readonly durationMs: number;
  readonly samples: number;
  /** In functions but the profiler's: the program's own, its libraries', Node's, and native ones called from them. */
  readonly jsMs: number;
  readonly gcMs: number;
  /** Starting and ending this profile. */
  readonly profilerMs: number;
  readonly programMs: number;
  readonly idleMs: number;
  /** By self time, most first. `(root)`, `(program)`, `(idle)` and `(garbage collector)` are not among them. */
  readonly functions: readonly FunctionShare[];
}

const PSEUDO = { idle: "(idle)", program: "(program)", gc: "(garbage collector)", root: "(root)" } as const;
const COUNTER_READING = "readProfileCounters";
const PSEUDO_NAMES: ReadonlySet<string> = new Set(Object.values(PSEUDO));

const QUIET_MAX_MS = 20_000;

/** A profile comes after a window of the same length, up to 20 s, in which counters are read without the sampler. */
export function profileTakesMs(durationMs: number): number {
  return Math.min(durationMs, QUIET_MAX_MS) + durationMs;
}

/** Says what is wrong with a value that should be a profile; undefined where it is one. */
export function profileFault(value: unknown): string | undefined {
  if (!isObject(value)) return "no object";
  const { nodes, samples, timeDeltas, startTime, endTime } = value;
  if (!Array.isArray(nodes) || nodes.length === 0 || nodes.length > CPU_PROFILE_LIMITS.nodes)
    return `no list of 1 to ${CPU_PROFILE_LIMITS.nodes} call sites`;
  if (!Array.isArray(samples) || samples.length > CPU_PROFILE_LIMITS.samples || !samples.every(isCount))
    return `no list of at most ${CPU_PROFILE_LIMITS.samples} samples`;
  if (!Array.isArray(timeDeltas) || timeDeltas.length !== samples.length || !timeDeltas.every(Number.isFinite))
    return "not one time for each sample";
  if (!Number.isFinite(startTime) || !Number.isFinite(endTime)) return "no start or end";
  return nodes.every(isNode) ? undefined : "a call site that is none";
}

/** Stacks as flame-graph tools take them: `outer;inner <µs>` a line, most time first. Without `(idle)` and the profiler itself. */
export function foldStacks(profile: CpuProfile): string {
  const sites = walk(profile);
  const selfUs = selfTimes(profile);
  const busy = sites
    .map((site) => ({ site, us: selfUs.get(site.node.id) ?? 0 }))
    .filter(({ site, us }) => us > 0 && !site.profiler && site.node.callFrame.functionName !== PSEUDO.idle)
    .sort((a, b) => b.us - a.us);
  const stacks = new Map<string, number>();
  let chars = 0;
  for (const { site, us } of busy) {
    const stack = stackOf(site);
    chars += stack.length;
    if (chars > CPU_PROFILE_LIMITS.foldedChars) break;
    stacks.set(stack, (stacks.get(stack) ?? 0) + us);
  }
  return [...stacks]
    .sort(([a, usA], [b, usB]) => usB - usA || (a < b ? -1 : 1))
    .map(([stack, us]) => `${stack} ${Math.round(us)}\n`)
    .join("");
}

export function summarise(profile: CpuProfile, maxFunctions = 20): ProfileSummary {
  const sites = walk(profile);
  const selfUs = selfTimes(profile);
  const pseudoUs = new Map<string, number>();
  let jsUs = 0;
  let profilerUs = 0;
  for (const { node, profiler } of sites) {
    const us = selfUs.get(node.id) ?? 0;
    const name = node.callFrame.functionName;
    if (profiler) profilerUs += us;
    else if (PSEUDO_NAMES.has(name)) pseudoUs.set(name, (pseudoUs.get(name) ?? 0) + us);
    else jsUs += us;
  }
  const pseudoMs = (name: string) => (pseudoUs.get(name) ?? 0) / 1_000;
  return {
    durationMs: Math.max(0, profile.endTime - profile.startTime) / 1_000,
    samples: profile.samples.length,
    jsMs: jsUs / 1_000,
    gcMs: pseudoMs(PSEUDO.gc),
    profilerMs: profilerUs / 1_000,
    programMs: pseudoMs(PSEUDO.program),
    idleMs: pseudoMs(PSEUDO.idle),
    functions: functionShares(
      sites.filter(({ profiler }) => !profiler),
      selfUs,
    )
      .filter(({ name }) => !PSEUDO_NAMES.has(name))
      .sort((a, b) => b.selfMs - a.selfMs || b.totalMs - a.totalMs)
      .slice(0, maxFunctions),
  };
}

/**
 * The share of a process's CPU that went elsewhere than into the JavaScript and the garbage collection of a profile: native code and
 * system calls of the main thread, and all other threads. By the CPU of a window without the sampler, whose signals alone cost the
 * main thread of an idle node more than its work; so it supposes that both were alike. Null where no CPU was used.
 */
export function unseenCpuShare(
  quiet: { readonly cpuMs: number; readonly durationMs: number },
  { jsMs, gcMs, durationMs }: Pick<ProfileSummary, "jsMs" | "gcMs" | "durationMs">,
): number | null {
  if (quiet.cpuMs <= 0 || quiet.durationMs <= 0 || durationMs <= 0) return null;
  const cpuCores = quiet.cpuMs / quiet.durationMs;
  const seenCores = (jsMs + gcMs) / durationMs;
  // Samples are of wall time: a main thread that waited for a core seems to have used more than there was.
  return Math.min(1, Math.max(0, 1 - seenCores / cpuCores));
}

function functionShares(sites: readonly Site[], selfUs: ReadonlyMap<number, number>): FunctionShare[] {
  const totalUs = new Map(sites.map((site) => [site, selfUs.get(site.node.id) ?? 0]));
  for (const site of [...sites].reverse()) {
    const { parent } = site;
    if (parent !== undefined) totalUs.set(parent, (totalUs.get(parent) ?? 0) + (totalUs.get(site) ?? 0));
  }
  const byFunction = new Map<string, { name: string; location: string; selfMs: number; totalMs: number }>();
  const callers: string[] = [];
  for (const site of sites) {
    const frame = site.node.callFrame;
    const key = `${frame.functionName}\n${frame.url}\n${frame.lineNumber}:${frame.columnNumber}`;
    callers.length = site.depth;
    const share = byFunction.get(key) ?? { name: nameOf(frame), location: locationOf(frame), selfMs: 0, totalMs: 0 };
    share.selfMs += (selfUs.get(site.node.id) ?? 0) / 1_000;
    if (!callers.includes(key)) share.totalMs += (totalUs.get(site) ?? 0) / 1_000;
    byFunction.set(key, share);
    callers.push(key);
  }
  return [...byFunction.values()];
}

function selfTimes({ samples, timeDeltas, startTime, endTime }: CpuProfile): Map<number, number> {
  const selfUs = new Map<number, number>();
  const beforeLastUs = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  for (const [index, id] of samples.entries()) {
    // V8 now and then dates two samples in the wrong order: the negative time takes back what the one before got too much.
    const us = timeDeltas[index + 1] ?? Math.max(0, endTime - startTime - beforeLastUs);
    selfUs.set(id, (selfUs.get(id) ?? 0) + us);
  }
  return selfUs;
}

/** A call site on its path; `depth` 0 is right below the root. */
interface Site {
  readonly node: ProfileNode;
  readonly parent: Site | undefined;
  readonly depth: number;
  readonly profiler: boolean;
}

/** Every call site below the root, callers before what they called. What a peer sent may loop: no site is entered twice. */
function walk(profile: CpuProfile): Site[] {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const root = profile.nodes[0];
  const entered = new Set<number>(root === undefined ? [] : [root.id]);
  const sites: Site[] = [];
  const waiting: { readonly id: number; readonly parent: Site | undefined }[] = [];
  const wait = (node: ProfileNode | undefined, parent: Site | undefined) => {
    for (const id of [...(node?.children ?? [])].reverse()) waiting.push({ id, parent });
  };
  wait(root, undefined);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { id, parent } = next;
    const node = byId.get(id);
    const depth = parent === undefined ? 0 : parent.depth + 1;
    if (node === undefined || entered.has(id) || depth >= CPU_PROFILE_LIMITS.depth) continue;
    entered.add(id);
    const { functionName, url } = node.callFrame;
    const profiler = parent?.profiler === true || url.startsWith("node:inspector") || functionName === COUNTER_READING;
    const site = { node, parent, depth, profiler };
    sites.push(site);
    wait(node, site);
  }
  return sites;
}

function stackOf(site: Site): string {
  const frames: string[] = [];
  for (let at: Site | undefined = site; at !== undefined; at = at.parent) frames.push(labelOf(at.node.callFrame));
  return frames.reverse().join(";");
}

function labelOf(frame: CallFrame): string {
  // A semicolon parts frames, a line break stacks.
  return `${nameOf(frame)} ${locationOf(frame)}`.trimEnd().replace(/[;\r\n]/g, ":");
}

/** What has neither name nor script is native: the functions of the network binding, for one. */
function nameOf({ functionName, url }: CallFrame): string {
  if (functionName !== "") return functionName;
  return url === "" ? "(native)" : "(anonymous)";
}

/** From behind the last `node_modules/`, or the last two parts of the path: no home directory, no machine. */
function locationOf({ url, lineNumber }: CallFrame): string {
  if (url === "") return "";
  const inModules = url.lastIndexOf("node_modules/");
  const short = inModules >= 0 ? url.slice(inModules + "node_modules/".length) : url.split("/").slice(-2).join("/");
  const file = url.startsWith("node:") ? url : short;
  return lineNumber < 0 ? file : `${file}:${lineNumber + 1}`;
}

function isNode(value: unknown): value is ProfileNode {
  if (!isObject(value) || !isCount(value.id) || !isCount(value.hitCount) || !isObject(value.callFrame)) return false;
  const { functionName: name, scriptId, url, lineNumber, columnNumber } = value.callFrame;
  return (
    isText(name) &&
    isText(scriptId) &&
    isText(url) &&
    Number.isInteger(lineNumber) &&
    Number.isInteger(columnNumber) &&
    Array.isArray(value.children) &&
    value.children.length <= CPU_PROFILE_LIMITS.nodes &&
    value.children.every(isCount)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length <= CPU_PROFILE_LIMITS.textChars;

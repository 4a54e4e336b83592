/** A profile as people read it: the process's CPU, the functions that took it, the threads beside them, what the network did. */
import type { ProfileResult, ProfileWindow } from "@meshwork/console/api-types";
import { duration, UNKNOWN } from "./format.js";
import { pairs, table } from "./table.js";

const MAX_THREAD_ROWS = 12;

export function describeProfile(result: ProfileResult, columns: number | undefined): string {
  const { node, process, quiet, sampled, summary } = result;
  const shared = process.shared
    ? "; the process holds several nodes: CPU, functions and threads are of all of them"
    : "";
  const head = `profile of ${node} (pid ${process.pid})${shared}\n\n`;
  return [
    head,
    pairs([
      ["without sampler", `${cpu(quiet)} in ${duration(quiet.durationMs)}`],
      ["while sampled", `${cpu(sampled)} in ${duration(sampled.durationMs)}${samplerPart(sampled)}`],
      ["main thread", mainThread(result)],
      ["not in the profile", notSeen(result)],
      ["connections opened", connections(quiet, sampled)],
      ["frames", frames(quiet, sampled)],
    ]),
    "\n",
    functionTable(summary, columns),
    "\n",
    threadTable(quiet, columns),
  ].join("");
}

function cpu({ cpuMs, durationMs }: ProfileWindow): string {
  return `${percent(cpuMs / durationMs)} of a core (${duration(cpuMs)})`;
}

function samplerPart({ threads }: ProfileWindow): string {
  const samplers = threads?.filter(({ role }) => role === "profiler") ?? [];
  return samplers.length === 0 ? "" : `, ${duration(sum(samplers, ({ cpuMs }) => cpuMs))} of it the sampler's thread`;
}

function mainThread({ summary, samplingIntervalUs }: ProfileResult): string {
  const { jsMs, gcMs, programMs, idleMs, samples } = summary;
  const parts = `JavaScript ${duration(jsMs)}, garbage collector ${duration(gcMs)}, native ${duration(programMs)}, idle ${duration(idleMs)}`;
  return `${parts} (${samples} samples, one each ${duration(samplingIntervalUs / 1_000)})`;
}

function notSeen({ unseenCpuShare, quiet }: ProfileResult): string {
  if (unseenCpuShare === null) return UNKNOWN;
  const whole = `${percent(unseenCpuShare)} of the CPU`;
  if (quiet.threads === null) return whole;
  const othersMs = sum(
    quiet.threads.filter(({ role }) => role === "other"),
    ({ cpuMs }) => cpuMs,
  );
  const others = Math.min(unseenCpuShare, othersMs / quiet.cpuMs);
  return `${whole}: ${percent(unseenCpuShare - others)} native code of the main thread, ${percent(others)} other threads`;
}

function connections(quiet: ProfileWindow, sampled: ProfileWindow): string {
  const opened = quiet.connectionsOpened + sampled.connectionsOpened;
  return `${opened} in ${duration(quiet.durationMs + sampled.durationMs)}`;
}

function frames(quiet: ProfileWindow, sampled: ProfileWindow): string {
  const kinds = Object.keys(quiet.frames).sort();
  const texts = kinds.flatMap((kind) => {
    const counts = [quiet.frames[kind], sampled.frames[kind]].filter((count) => count !== undefined);
    const [sent, received] = [sum(counts, (count) => count.sent), sum(counts, (count) => count.received)];
    return sent + received === 0 ? [] : [`${kind} ${sent} sent, ${received} received`];
  });
  return texts.join("; ") || "none";
}

function functionTable(
  { functions, jsMs, gcMs, programMs }: ProfileResult["summary"],
  columns: number | undefined,
): string {
  const busyMs = jsMs + gcMs + programMs;
  if (functions.length === 0) return "no JavaScript ran at any sample\n";
  return table(
    [
      { title: "FUNCTION", cell: ({ name }) => name },
      { title: "SELF", cell: ({ selfMs }) => duration(selfMs), align: "right" },
      { title: "OF BUSY", cell: ({ selfMs }) => percent(busyMs === 0 ? 0 : selfMs / busyMs), align: "right" },
      { title: "TOTAL", cell: ({ totalMs }) => duration(totalMs), align: "right" },
      { title: "WHERE", cell: ({ location }) => location },
    ],
    functions.filter(({ totalMs }) => totalMs > 0),
    columns,
  );
}

function threadTable(window: ProfileWindow, columns: number | undefined): string {
  if (window.threads === null) return "threads: not known on this platform\n";
  const rows = [...byName(window.threads)].filter(({ cpuMs, wakeUps }) => cpuMs > 0 || wakeUps > 0);
  const seconds = window.durationMs / 1_000;
  const lines = table(
    [
      { title: "THREAD (WITHOUT SAMPLER)", cell: ({ name, role }) => (role === "main" ? `${name} (main)` : name) },
      { title: "COUNT", cell: ({ count }) => String(count), align: "right" },
      { title: "CPU", cell: ({ cpuMs }) => duration(cpuMs), align: "right" },
      { title: "OF A CORE", cell: ({ cpuMs }) => percent(cpuMs / window.durationMs), align: "right" },
      { title: "WAKE-UPS/S", cell: ({ wakeUps }) => (wakeUps / seconds).toFixed(1), align: "right" },
    ],
    rows.slice(0, MAX_THREAD_ROWS),
    columns,
  );
  return rows.length > MAX_THREAD_ROWS ? `${lines}and ${rows.length - MAX_THREAD_ROWS} more\n` : lines;
}

type Thread = NonNullable<ProfileWindow["threads"]>[number];

/** Threads of one name in one row: a pool is one thing. */
function byName(threads: readonly Thread[]): (Thread & { readonly count: number })[] {
  const rows = new Map<string, Thread & { count: number }>();
  for (const thread of threads) {
    const key = `${thread.role} ${thread.name}`;
    const row = rows.get(key) ?? { ...thread, cpuMs: 0, wakeUps: 0, count: 0 };
    row.cpuMs += thread.cpuMs;
    row.wakeUps += thread.wakeUps;
    row.count += 1;
    rows.set(key, row);
  }
  return [...rows.values()].sort((a, b) => b.cpuMs - a.cpuMs);
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} %`;
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}

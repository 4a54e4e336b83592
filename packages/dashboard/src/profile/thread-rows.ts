/** Threads of the same name as one row: a pool is one thing to the reader. */
import type { ProfileWindow } from "@meshwork/console/api-types";

type Thread = NonNullable<ProfileWindow["threads"]>[number];

export interface ThreadRow {
  readonly name: string;
  readonly role: Thread["role"];
  /** The greater number of the two windows. */
  readonly threads: number;
  readonly quietMs: number;
  readonly wakeUps: number;
  readonly sampledMs: number;
}

/** Most CPU without the sampler first. */
export function threadRows(quiet: ProfileWindow, sampled: ProfileWindow): ThreadRow[] {
  const rows = new Map<string, ThreadRow & { counts: [number, number] }>();
  const add = (thread: Thread, window: 0 | 1) => {
    const key = `${thread.name}|${thread.role}`;
    const row = rows.get(key) ?? {
      ...{ name: thread.name, role: thread.role, threads: 0, quietMs: 0, wakeUps: 0, sampledMs: 0 },
      counts: [0, 0] as [number, number],
    };
    row.counts[window] += 1;
    rows.set(key, {
      ...row,
      threads: Math.max(...row.counts),
      quietMs: row.quietMs + (window === 0 ? thread.cpuMs : 0),
      wakeUps: row.wakeUps + (window === 0 ? thread.wakeUps : 0),
      sampledMs: row.sampledMs + (window === 1 ? thread.cpuMs : 0),
    });
  };
  for (const thread of quiet.threads ?? []) add(thread, 0);
  for (const thread of sampled.threads ?? []) add(thread, 1);
  return [...rows.values()]
    .map(({ counts: _, ...row }) => row)
    .sort((a, b) => b.quietMs - a.quietMs || b.sampledMs - a.sampledMs);
}

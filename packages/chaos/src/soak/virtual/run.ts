/** Runs a soak in virtual time step by step, so that progress is told and Ctrl+C is heard: days of a mesh are minutes of one core. */
import { setImmediate as turn } from "node:timers/promises";
import { VirtualSoak, type VirtualSoakOptions, type VirtualSoakResult } from "@meshwork/simulator";

export interface VirtualRun {
  readonly options: VirtualSoakOptions;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

const PROGRESS_MS = 3 * 3_600_000;

export interface FinishedVirtualSoak extends VirtualSoakResult {
  readonly options: VirtualSoakOptions;
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** Before its time, by the signal. */
  readonly stopped: boolean;
}

export async function runVirtualSoak({ options, progress, signal }: VirtualRun): Promise<FinishedVirtualSoak> {
  const startedAtMs = performance.now();
  const cpuBefore = process.cpuUsage();
  const soak = new VirtualSoak(options);
  let told = PROGRESS_MS;
  while (!signal.aborted && soak.step()) {
    await turn();
    if (soak.elapsedMs < told) continue;
    told += PROGRESS_MS;
    const failed = soak.verdicts.filter(({ reasons }) => reasons.length > 0).length;
    progress(
      `${(soak.elapsedMs / 3_600_000).toFixed(0)} of ${((options.durationMs + options.quietMs) / 3_600_000).toFixed(0)} h: ` +
        `${soak.verdicts.length} faults (${failed} failed), ${soak.falseDeaths} false deaths`,
    );
  }
  const result = soak.result();
  const { user, system } = process.cpuUsage(cpuBefore);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { ...result, options, cpuSeconds: (user + system) / 1e6, seconds, stopped: signal.aborted };
}

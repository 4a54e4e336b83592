/** A profile that was taken: how much of the process it shows, where the time went, and what it cannot see. */
import type { ProfileResult } from "@meshwork/console/api-types";
import { foldStacks } from "@meshwork/node/cpu-profile";
import { useMemo } from "react";
import { countText, durationText, UNKNOWN } from "../format/numbers.js";
import { Empty } from "../parts/empty.js";
import { Figure } from "../parts/figure.js";
import { FlameGraph } from "./flame-graph.js";
import { flameTree } from "./flame-tree.js";
import { FunctionTable } from "./function-table.js";
import { saveText } from "./save-text.js";
import { ThreadTable } from "./thread-table.js";

export function ProfileReport({ result }: { readonly result: ProfileResult }) {
  const { node, process, quiet, sampled, summary, unseenCpuShare, profile } = result;
  const folded = useMemo(() => foldStacks(profile), [profile]);
  const tree = useMemo(() => flameTree(folded), [folded]);
  const cores = quiet.durationMs === 0 ? null : quiet.cpuMs / quiet.durationMs;
  return (
    <div className="profile" data-testid="profile-report">
      <dl className="profile-figures">
        <Figure label="process CPU" title="without the sampler, before the profile: the figure to judge the node by">
          {cores === null ? UNKNOWN : `${(cores * 100).toFixed(2)} % of a core`}
        </Figure>
        <Figure
          label="not seen by the profile"
          title="the share of that CPU which went elsewhere than into JavaScript and garbage collection: native code, system calls, other threads"
        >
          <span data-testid="profile-unseen">
            {unseenCpuShare === null ? UNKNOWN : `${(unseenCpuShare * 100).toFixed(0)} %`}
          </span>
        </Figure>
        <Figure label="JavaScript">{durationText(summary.jsMs)}</Figure>
        <Figure label="garbage collection">{durationText(summary.gcMs)}</Figure>
        <Figure label="native on the main thread">{durationText(summary.programMs)}</Figure>
        <Figure label="idle">{durationText(summary.idleMs)}</Figure>
        <Figure label="the profiler itself">{durationText(summary.profilerMs)}</Figure>
        <Figure label="connections opened meanwhile" title="while it was sampled, and before without the sampler">
          <span className={sampled.connectionsOpened + quiet.connectionsOpened > 10 ? "warn" : ""}>
            {countText(sampled.connectionsOpened)}
          </span>{" "}
          <small>
            and {countText(quiet.connectionsOpened)} in {durationText(quiet.durationMs)} before
          </small>
        </Figure>
      </dl>
      <div className="controls">
        <button type="button" onClick={() => saveText(`${node}.cpuprofile`, JSON.stringify(profile))}>
          Download .cpuprofile
        </button>
        <button type="button" onClick={() => saveText(`${node}.folded`, folded)}>
          Download folded stacks
        </button>
        <span className="muted">
          {countText(summary.samples)} samples in {durationText(summary.durationMs)}, one each{" "}
          {countText(result.samplingIntervalUs)} µs; process {process.pid}
          {process.shared ? ", shared by several nodes" : ""}. Times of functions are wall time.
        </span>
      </div>
      {tree.totalUs === 0 ? (
        <Empty title="The main thread did nothing that a sample caught" />
      ) : (
        <FlameGraph key={profile.startTime} tree={tree} />
      )}
      <div className="profile-tables">
        <FunctionTable functions={summary.functions} busyMs={summary.jsMs + summary.gcMs + summary.programMs} />
        <ThreadTable quiet={quiet} sampled={sampled} />
      </div>
    </div>
  );
}

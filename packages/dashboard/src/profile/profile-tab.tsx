/** A CPU profile of any node: taken now, shown as a flame graph, with what it cannot show beside it. */
import { useState } from "react";
import type { TabProps } from "../app.js";
import { ageText } from "../format/ages.js";
import { useNow } from "../hooks/use-now.js";
import { inOrder } from "../model/row-order.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { Section } from "../parts/section.js";
import { routeHash } from "../state/route.js";
import { ProfileReport } from "./profile-report.js";
import { type ProfileRun, useProfile } from "./use-profile.js";

const DURATIONS_S = [1, 5, 10, 30, 60];

export function ProfileTab({ data, item }: TabProps) {
  const [seconds, setSeconds] = useState(5);
  const { run, take, cancel } = useProfile();
  const live = inOrder(data.nodes.values()).filter(({ value }) => value.live && value.name !== null);
  const names = live.map(({ value }) => value.name!);
  const name = item ?? names[0] ?? null;
  const shared = live.find(({ value }) => value.name === name)?.value.process?.shared === true;
  return (
    <Section title="CPU profile" aside={run.state === "done" && <AsOf receivedAtMs={run.receivedAtMs} />}>
      <div className="controls">
        <label>
          of{" "}
          <select
            value={name ?? ""}
            onChange={(event) => {
              window.location.hash = routeHash("profile", event.target.value);
            }}
            data-testid="profile-node"
          >
            {name !== null && !names.includes(name) && <option value={name}>{name}</option>}
            {names.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <label>
          for{" "}
          <select
            value={seconds}
            onChange={(event) => setSeconds(Number(event.target.value))}
            data-testid="profile-seconds"
          >
            {DURATIONS_S.map((each) => (
              <option key={each} value={each}>
                {each} s
              </option>
            ))}
          </select>
        </label>
        {run.state === "running" ? (
          <button type="button" onClick={cancel}>
            Give up
          </button>
        ) : (
          <button
            type="button"
            disabled={name === null || data.cluster.value.readOnly}
            title={data.cluster.value.readOnly ? "this console is read-only" : undefined}
            onClick={() => name !== null && take(name, seconds * 1_000)}
            data-testid="profile-take"
          >
            Take a profile
          </button>
        )}
        {shared && (
          <span className="warn">
            Several nodes share the process: the profile, CPU and threads are of all of them.
          </span>
        )}
      </div>
      {run.state === "running" && <Progress run={run} />}
      {run.state === "failed" && (
        <FailureNote failure={run.failure} what={`The profile of ${run.name} was not taken`} />
      )}
      {run.state === "idle" && (
        <Empty title="No profile has been taken on this page">
          It takes twice the time that you choose: first the counters are read without the sampler, which itself costs
          more than an idle node, then it samples.
        </Empty>
      )}
      {run.state === "done" && <ProfileReport result={run.result} />}
    </Section>
  );
}

function Progress({ run }: { readonly run: Extract<ProfileRun, { state: "running" }> }) {
  const elapsedMs = Math.max(0, useNow() - run.startedAtMs);
  return (
    <div className="note" role="status" data-testid="profile-progress">
      {run.name} is being looked at: {ageText(elapsedMs)} of {ageText(run.takesMs)}{" "}
      <progress max={run.takesMs} value={Math.min(elapsedMs, run.takesMs)} aria-label="progress of the profile" />
    </div>
  );
}

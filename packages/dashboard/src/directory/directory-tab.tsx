/**
 * A node's own directory: who it knows, where, and since when it has heard of each. Asked over the mesh, unless it is the console's. And
 * where it disagrees with another node's.
 */
import type { DirectoryLine, DirectoryView } from "@meshwork/console/api-types";
import type { TabProps } from "../app.js";
import { byType } from "../format/names.js";
import { inOrder } from "../model/row-order.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { Section } from "../parts/section.js";
import { DifferenceTable } from "./difference-table.js";
import { compared } from "./directory-difference.js";
import { type DirectoryChoice, directoryChoice, directoryHash } from "./directory-route.js";
import { DirectoryTable } from "./directory-table.js";
import { NodeSelect } from "./node-select.js";
import { useDirectory } from "./use-directory.js";

export function DirectoryTab({ data, item }: TabProps) {
  const live = inOrder(data.nodes.values()).filter(({ value }) => value.live);
  const names = live.flatMap(({ value }) => (value.name === null ? [] : [value.name]));
  const own = data.cluster.value.console.name;
  const choice = directoryChoice(item, own);
  const result = useDirectory(data, choice.as);
  const other = useDirectory(data, choice.with === null ? undefined : choice.with === own ? null : choice.with);
  const view = result.data;
  const [asName, withName] = [choice.as ?? own, choice.with];
  const comparison = view === null || other.data === null || withName === null ? null : compared(view, other.data);
  const go = (next: DirectoryChoice) => {
    window.location.hash = directoryHash(next);
  };
  return (
    <Section title="Directory" aside={<AsOf receivedAtMs={view === null ? null : result.receivedAtMs} />}>
      <div className="controls">
        <NodeSelect
          label="as seen by"
          value={asName}
          names={names}
          own={own}
          onChange={(name) => go({ ...choice, as: name === own ? null : name })}
          testId="directory-as"
        />
        <NodeSelect
          label="compared with"
          value={withName ?? ""}
          names={names.filter((name) => name !== asName)}
          own={own}
          nobody="nobody"
          onChange={(name) => go({ ...choice, with: name === "" ? null : name })}
          testId="directory-with"
        />
        <button
          type="button"
          onClick={() => {
            result.refresh();
            other.refresh();
          }}
        >
          Ask again
        </button>
        {view !== null && (
          <span className="muted" data-testid="directory-summary">
            {view.entries.length} live ({meshCounts(view)})
            {view.departed.length > 0 && `, ${view.departed.length} departed within 24 hours`}
            {view.asked ? ", asked over the mesh" : ", the console's own"}
          </span>
        )}
      </div>
      {other.failure !== null && withName !== null && (
        <FailureNote failure={other.failure} what={`The directory of ${withName} could not be read`} />
      )}
      {comparison !== null && withName !== null && (
        <div className="directory-comparison">
          <DifferenceTable
            comparison={comparison}
            firstName={asName}
            secondName={withName}
            firstAtMs={result.receivedAtMs}
            secondAtMs={other.receivedAtMs}
          />
          <h3 className="table-title">All that {asName} knows</h3>
        </div>
      )}
      {result.failure !== null && (
        <FailureNote failure={result.failure} what={`The directory of ${asName} could not be read`} />
      )}
      {view === null && result.loading && <Empty title={`Asking ${asName}…`} />}
      {view !== null && view.entries.length + view.departed.length === 0 && (
        <Empty title="This directory is empty">
          The node knows nobody: it has not joined its mesh yet, or lost it.
        </Empty>
      )}
      {view !== null && view.entries.length > 0 && (
        <DirectoryTable lines={byPlace(view.entries)} receivedAtMs={result.receivedAtMs} />
      )}
      {view !== null && view.departed.length > 0 && (
        <>
          <h3 className="table-title">Departed, newest first</h3>
          <DirectoryTable lines={view.departed} receivedAtMs={result.receivedAtMs} departed />
        </>
      )}
    </Section>
  );
}

function byPlace(lines: readonly DirectoryLine[]): readonly DirectoryLine[] {
  return [...lines].sort(
    (a, b) => a.mesh.localeCompare(b.mesh) || byType(a.type, b.type) || a.name.localeCompare(b.name),
  );
}

function meshCounts({ entries }: DirectoryView): string {
  const counts = new Map<string, number>();
  for (const { mesh } of entries) counts.set(mesh, (counts.get(mesh) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([mesh, count]) => `${mesh}: ${count}`)
    .join(", ");
}

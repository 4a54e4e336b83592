/** A node's own directory: who it knows, where, and since when it has heard of each. Asked over the mesh, unless it is the console's. */
import type { DirectoryLine, DirectoryView } from "@meshwork/console/api-types";
import { targetOf } from "@meshwork/console/client";
import type { TabProps } from "../app.js";
import { byType } from "../format/names.js";
import { useApi } from "../hooks/use-api.js";
import { inOrder } from "../model/row-order.js";
import { AsOf } from "../parts/as-of.js";
import { Empty } from "../parts/empty.js";
import { FailureNote } from "../parts/failure-note.js";
import { Section } from "../parts/section.js";
import { routeHash } from "../state/route.js";
import { DirectoryTable } from "./directory-table.js";

/** Asking costs the node one request; the console's own costs no frame. */
const OWN_EVERY_MS = 2_000;
const ASKED_EVERY_MS = 5_000;

export function DirectoryTab({ data, item }: TabProps) {
  const target = targetOf("GET /api/directory", { query: item === null ? {} : { as: item } });
  const result = useApi(target, item === null ? OWN_EVERY_MS : ASKED_EVERY_MS);
  const live = inOrder(data.nodes.values()).filter(({ value }) => value.live);
  const names = live.flatMap(({ value }) => (value.name === null ? [] : [value.name]));
  const own = data.cluster.value.console.name;
  const view = result.data;
  const choose = (name: string) => {
    window.location.hash = routeHash("directory", name === own ? null : name);
  };
  return (
    <Section title="Directory" aside={<AsOf receivedAtMs={view === null ? null : result.receivedAtMs} />}>
      <div className="controls">
        <label>
          as seen by{" "}
          <select value={item ?? own} onChange={(event) => choose(event.target.value)} data-testid="directory-as">
            {!names.includes(item ?? own) && <option value={item ?? own}>{item ?? own}</option>}
            {names.map((name) => (
              <option key={name} value={name}>
                {name}
                {name === own ? " (this console)" : ""}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={result.refresh}>
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
      {result.failure !== null && (
        <FailureNote failure={result.failure} what={`The directory of ${item ?? own} could not be read`} />
      )}
      {view === null && result.loading && <Empty title={`Asking ${item ?? own}…`} />}
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

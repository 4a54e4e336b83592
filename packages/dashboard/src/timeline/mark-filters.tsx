/** Which marks are shown: by lane, by mesh, by part of a node's name. */
import type { HistoryMark } from "@meshwork/console/api-types";
import { countText } from "../format/numbers.js";
import type { MarkFilter } from "./mark-bins.js";
import { LANES, type LaneName, laneOf } from "./mark-kinds.js";

export interface MarkFiltersProps {
  readonly filter: MarkFilter;
  readonly meshes: readonly string[];
  readonly marks: readonly HistoryMark[];
  readonly onChange: (filter: MarkFilter) => void;
}

export function MarkFilters({ filter, meshes, marks, onChange }: MarkFiltersProps) {
  const counts = new Map<LaneName, number>();
  for (const { kind } of marks) counts.set(laneOf(kind), (counts.get(laneOf(kind)) ?? 0) + 1);
  const toggle = (lane: LaneName) => {
    const lanes = new Set(filter.lanes);
    if (!lanes.delete(lane)) lanes.add(lane);
    onChange({ ...filter, lanes });
  };
  return (
    <div className="controls">
      <fieldset className="lane-chips">
        <legend className="visually-hidden">Lanes</legend>
        {LANES.map((lane) => (
          <label key={lane} className={`chip lane-${lane}`} data-on={filter.lanes.has(lane) || undefined}>
            <input
              type="checkbox"
              checked={filter.lanes.has(lane)}
              onChange={() => toggle(lane)}
              data-testid={`lane-filter-${lane}`}
            />{" "}
            {lane} <small>{countText(counts.get(lane) ?? 0)}</small>
          </label>
        ))}
      </fieldset>
      <label>
        mesh{" "}
        <select
          value={filter.mesh ?? ""}
          onChange={(event) => onChange({ ...filter, mesh: event.target.value === "" ? null : event.target.value })}
        >
          <option value="">all</option>
          {meshes.map((mesh) => (
            <option key={mesh} value={mesh}>
              {mesh}
            </option>
          ))}
        </select>
      </label>
      <label>
        node{" "}
        <input
          value={filter.node}
          placeholder="part of a name"
          onChange={(event) => onChange({ ...filter, node: event.target.value.trim() })}
          data-testid="timeline-node"
        />
      </label>
    </div>
  );
}

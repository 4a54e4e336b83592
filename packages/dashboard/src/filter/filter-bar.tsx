/** Search and filter: `/` from anywhere puts the cursor into it. */
import type { NodeView } from "@meshwork/console/api-types";
import { byType } from "../format/names.js";
import { setFilter, useFilter } from "../hooks/use-filter.js";
import { fits, isFiltering, NO_FILTER, type NodeFilter } from "../model/node-filter.js";

export const FILTER_INPUT_ID = "filter-text";

const STATES = ["live", "alive", "suspected", "doubted", "dead", "left", "expired", "starting", "exited"];

export interface FilterBarProps {
  readonly nodes: readonly NodeView[];
  /** Enter in the text field: the first that fits. */
  readonly onEnter?: (name: string) => void;
}

export function FilterBar({ nodes, onEnter }: FilterBarProps) {
  const filter = useFilter();
  const on = isFiltering(filter);
  const fitting = on ? nodes.filter((node) => fits(filter, node)) : nodes;
  const set = (field: keyof NodeFilter, value: string) => setFilter({ ...filter, [field]: value });
  const meshes = [...new Set(nodes.map(({ mesh }) => mesh))].sort();
  const types = [...new Set(nodes.map(({ type }) => type))].sort(byType);
  const first = fitting[0]?.name;
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is not known to all browsers that the page supports
    <form
      className="filter-bar"
      role="search"
      aria-label="Nodes"
      onSubmit={(event) => {
        event.preventDefault();
        if (first != null) onEnter?.(first);
      }}
    >
      <input
        id={FILTER_INPUT_ID}
        type="search"
        value={filter.text}
        placeholder="Find a node  ( / )"
        aria-label="Find nodes by name, type, id or address"
        autoComplete="off"
        spellCheck={false}
        data-testid="filter-text"
        onChange={(event) => set("text", event.target.value)}
      />
      <Choice label="mesh" value={filter.mesh} options={meshes} onChange={(value) => set("mesh", value)} />
      <Choice label="type" value={filter.type} options={types} onChange={(value) => set("type", value)} />
      <Choice label="state" value={filter.state} options={STATES} onChange={(value) => set("state", value)} />
      {on && (
        <>
          <span className="muted" role="status" data-testid="filter-count">
            {fitting.length} of {nodes.length}
          </span>
          <button type="button" className="quiet" onClick={() => setFilter(NO_FILTER)} data-testid="filter-clear">
            clear
          </button>
        </>
      )}
    </form>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <select
      value={value}
      aria-label={`Show only this ${label}`}
      data-testid={`filter-${label}`}
      data-on={value !== "" || undefined}
      onChange={(event) => onChange(event.target.value)}
    >
      <option value="">any {label}</option>
      {value !== "" && !options.includes(value) && <option value={value}>{value}</option>}
      {options.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}

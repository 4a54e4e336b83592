/** Search among the traces: by kind, service, operation, duration, error, and whether they cross meshes. */
import type { ServiceGraph } from "@meshwork/console/api-types";
import { KINDS } from "./trace-search.js";
import { useTraceSearch } from "./use-trace-search.js";

const OPERATIONS_ID = "known-operations";

export function TraceSearchBar({ services }: { readonly services: ServiceGraph }) {
  const [search, set, clear] = useTraceSearch();
  const types = [...new Set(services.services.map(({ service }) => service))].sort();
  const operations = [...new Set(services.edges.map(({ operation }) => operation))].sort();
  const on = Object.values(search).some((value) => value !== "");
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is not known to all browsers that the page supports
    <form className="filter-bar" role="search" aria-label="Traces" onSubmit={(event) => event.preventDefault()}>
      <input
        type="search"
        data-search
        list={OPERATIONS_ID}
        value={search.operation}
        placeholder="Operation  ( / )"
        aria-label="Only traces with this operation"
        autoComplete="off"
        spellCheck={false}
        data-testid="trace-operation"
        onChange={(event) => set("operation", event.target.value)}
      />
      <datalist id={OPERATIONS_ID}>
        {operations.map((operation) => (
          <option key={operation} value={operation} />
        ))}
      </datalist>
      <Choice
        field="meshes"
        value={search.meshes}
        usual="across meshes"
        options={[["any", "in any mesh"]]}
        onSet={set}
      />
      <Choice
        field="service"
        value={search.service}
        usual="any service"
        options={types.map((type) => [type, type])}
        onSet={set}
      />
      <Choice
        field="kind"
        value={search.kind}
        usual="any kind"
        options={KINDS.map((kind) => [kind, kind])}
        onSet={set}
      />
      <Choice field="errors" value={search.errors} usual="failed or not" options={[["only", "failed"]]} onSet={set} />
      <label className="field-inline">
        at least{" "}
        <input
          type="number"
          min="0"
          step="any"
          value={search.min}
          aria-label="Only traces that took at least so many milliseconds"
          data-testid="trace-min"
          data-on={search.min !== "" || undefined}
          onChange={(event) => set("min", event.target.value)}
        />{" "}
        ms
      </label>
      {on && (
        <button type="button" className="quiet" onClick={clear} data-testid="trace-clear">
          clear
        </button>
      )}
    </form>
  );
}

interface ChoiceProps {
  readonly field: "kind" | "service" | "errors" | "meshes";
  readonly value: string;
  readonly usual: string;
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly onSet: (field: "kind" | "service" | "errors" | "meshes", value: string) => void;
}

function Choice({ field, value, usual, options, onSet }: ChoiceProps) {
  return (
    <select
      value={value}
      aria-label={`Traces: ${usual}`}
      data-testid={`trace-${field}`}
      data-on={value !== "" || undefined}
      onChange={(event) => onSet(field, event.target.value)}
    >
      <option value="">{usual}</option>
      {value !== "" && !options.some(([option]) => option === value) && <option value={value}>{value}</option>}
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
    </select>
  );
}

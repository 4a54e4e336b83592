/** A choice among live nodes. One that is named in the address and not live stays choosable: the answer then says what became of it. */
export interface NodeSelectProps {
  readonly label: string;
  readonly value: string;
  readonly names: readonly string[];
  /** The console's own node. */
  readonly own: string;
  /** What no choice is called; absent where there must be one. */
  readonly nobody?: string;
  readonly onChange: (name: string) => void;
  readonly testId: string;
}

export function NodeSelect({ label, value, names, own, nobody, onChange, testId }: NodeSelectProps) {
  return (
    <label>
      {label}{" "}
      <select value={value} onChange={(event) => onChange(event.target.value)} data-testid={testId}>
        {nobody !== undefined && <option value="">{nobody}</option>}
        {value !== "" && !names.includes(value) && <option value={value}>{value}</option>}
        {names.map((name) => (
          <option key={name} value={name}>
            {name}
            {name === own ? " (this console)" : ""}
          </option>
        ))}
      </select>
    </label>
  );
}

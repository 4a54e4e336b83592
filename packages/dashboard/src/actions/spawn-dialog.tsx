/** Starts node processes: which mesh and type, how many, with which budgets; then who came up, and who did not and why. */
import type { NodeView, SeenView, SpawnRequest, SpawnResult } from "@meshwork/console/api-types";
import { type FormEvent, useState } from "react";
import { byType } from "../format/names.js";
import { useCall } from "../hooks/use-call.js";
import { FailureNote } from "../parts/failure-note.js";
import { Modal } from "../parts/modal.js";
import { NodeName } from "../parts/node-name.js";
import type { ApiClient } from "../state/api-client.js";

/** The console waits as long for the boots. */
const ANSWER_MS = 65_000;
const LISTED_MS = 10_000;
const PAUSE_MS = 250;
const MIB = 1_048_576;

interface Spawned {
  readonly result: SpawnResult;
  /** Of each that came up: how many of the members asked list it. */
  readonly listed: readonly { readonly name: string; readonly by: number; readonly asked: number }[];
}

export interface SpawnDialogProps {
  readonly mesh: string | null;
  readonly nodes: readonly NodeView[];
  readonly onClose: () => void;
}

export function SpawnDialog({ mesh, nodes, onClose }: SpawnDialogProps) {
  const meshes = [...new Set(nodes.map((node) => node.mesh))].sort();
  const types = [...new Set(nodes.map(({ type }) => type))].filter((type) => type !== "console").sort(byType);
  const [fields, setFields] = useState({ mesh: mesh ?? meshes[0] ?? "", type: "broker", count: "1", cpu: "", ram: "" });
  const [state, run] = useCall<Spawned>();
  const set = (field: keyof typeof fields) => (event: { readonly currentTarget: { readonly value: string } }) =>
    setFields({ ...fields, [field]: event.currentTarget.value });
  const count = Number(fields.count);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const order: SpawnRequest = {
      ...{ mesh: fields.mesh, type: fields.type, count },
      ...(fields.cpu !== "" && { cpuBudgetCores: Number(fields.cpu) }),
      ...(fields.ram !== "" && { ramBudgetBytes: Math.round(Number(fields.ram) * MIB) }),
    };
    run((api, signal) => spawn(api, order, signal));
  };
  return (
    <Modal title="Start nodes" onClose={onClose} testId="spawn-dialog">
      <form onSubmit={submit}>
        <div className="form-grid">
          <Field label="mesh" value={fields.mesh} onChange={set("mesh")} list={meshes} required />
          <Field label="type" value={fields.type} onChange={set("type")} list={types} required />
          <Field
            label="how many"
            value={fields.count}
            onChange={set("count")}
            number={{ min: 1, max: 50, step: 1 }}
            required
          />
          <Field
            label="CPU budget, cores"
            value={fields.cpu}
            onChange={set("cpu")}
            number={{ min: 0.01, max: 1_024, step: "any" }}
            placeholder="the type's"
          />
          <Field
            label="memory budget, MiB"
            value={fields.ram}
            onChange={set("ram")}
            number={{ min: 1, max: 67_108_864, step: "any" }}
            placeholder="the type's"
          />
        </div>
        {state.phase === "busy" && (
          <p role="status">the launcher starts them: each boots, joins, and says that it is ready…</p>
        )}
        {state.failure !== null && <FailureNote failure={state.failure} what="No node was started" />}
        {state.result !== null && <Outcome {...state.result} />}
        <footer>
          <button type="button" onClick={onClose}>
            {state.phase === "idle" ? "Cancel" : "Close"}
          </button>
          <button type="submit" className="primary" disabled={state.phase === "busy"} data-testid="action-confirm">
            Start {count > 1 ? `${count} × ` : ""}
            {fields.mesh}.{fields.type}
          </button>
        </footer>
      </form>
    </Modal>
  );
}

async function spawn(api: ApiClient, order: SpawnRequest, signal: AbortSignal): Promise<Spawned> {
  const result = await api.post<SpawnResult>("/api/nodes", order, signal, ANSWER_MS);
  const names = result.spawned.flatMap(({ name }) => (name === null ? [] : [name]));
  const listed = await Promise.all(names.map((name) => listedBy(api, name, signal)));
  return { result, listed };
}

/** Asks the members until all list it, for a while. */
async function listedBy(api: ApiClient, name: string, signal: AbortSignal) {
  const startedMs = performance.now();
  for (;;) {
    // A moment long the console does not list it itself.
    const view = await api.get<SeenView>(`/api/nodes/${encodeURIComponent(name)}/seen`, signal).catch(() => null);
    const by = view?.by.filter(({ state }) => state === "alive").length ?? 0;
    const all = view !== null && by === view.asked;
    if (all || performance.now() - startedMs > LISTED_MS) return { name, by, asked: view?.asked ?? 0 };
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    signal.throwIfAborted();
  }
}

function Outcome({ result, listed }: Spawned) {
  return (
    <div className="outcome" role="status" data-testid="action-outcome" data-done>
      <p>
        {listed.length} came up{result.failed.length > 0 && `, ${result.failed.length} did not`}:
      </p>
      <ul>
        {listed.map(({ name, by, asked }) => (
          <li key={name}>
            <NodeName name={name} />{" "}
            <span className={by === asked ? "good" : "warn"}>
              listed by {by} of {asked} members asked
            </span>
          </li>
        ))}
        {result.failed.map(({ code, message, hint }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: failures have no name and do not move
          <li key={at} className="bad">
            {message}. {hint} <code>{code}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
  readonly list?: readonly string[];
  readonly number?: { readonly min: number; readonly max: number; readonly step: number | "any" };
  readonly placeholder?: string;
  readonly required?: boolean;
}

function Field({ label, value, onChange, list, number, placeholder, required = false }: FieldProps) {
  const listId = `options-${label}`;
  return (
    <label>
      {label}
      <input
        type={number === undefined ? "text" : "number"}
        {...number}
        value={value}
        onChange={onChange}
        required={required}
        placeholder={placeholder}
        autoComplete="off"
        {...(list !== undefined && { list: listId })}
      />
      {list !== undefined && (
        <datalist id={listId}>
          {list.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </label>
  );
}

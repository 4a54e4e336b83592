/**
 * `mesh trace`: a trace as a waterfall. A 32-digit id draws that trace, a node's name draws its boot; without either the newest
 * traces are listed.
 */
import type { BootTrace, SpanView, TraceSummary, TraceView } from "@meshwork/console/api-types";
import { ATTR } from "@meshwork/telemetry";
import type { Command } from "commander";
import {
  type ClientOptions,
  type CommandContext,
  clientOf,
  examples,
  numberWithin,
  printJson,
  withConsole,
} from "../command.js";
import { duration, text } from "../format.js";
import { table } from "../table.js";
import { type WaterfallRow, waterfall } from "../waterfall.js";

interface TraceOptions extends ClientOptions {
  readonly limit: number;
}

const DEFAULT_COLUMNS = 120;

export function addTrace(program: Command, context: CommandContext): void {
  withConsole(
    program.command("trace").description("draw a trace, or a node's boot, as a waterfall; list the newest traces"),
  )
    .argument("[name-or-id]", "a trace id of 32 hex digits, or a node's name for its boot trace")
    .option("--limit <n>", "how many traces to list", numberWithin(1, 500, true), 20)
    .addHelpText(
      "after",
      examples(["mesh trace", "mesh trace mesh1.broker.239dc9", "mesh trace 4bf92f3577b34da6a3ce929d0e0e4736 --json"]),
    )
    .action(async (what: string | undefined, options: TraceOptions) => {
      const client = clientOf(context, options);
      if (what === undefined) {
        const list = await client.call("GET /api/traces", { query: { limit: options.limit } });
        if (options.json) printJson(context, list);
        else context.io.out(listOf(list.traces.slice(0, options.limit), context.io.columns));
      } else if (/^[0-9a-f]{32}$/.test(what)) {
        const trace = await client.call("GET /api/traces/{id}", { path: { id: what } });
        if (options.json) printJson(context, trace);
        else context.io.out(drawTrace(trace, context));
      } else {
        const boot = await client.call("GET /api/boot/{name}", { path: { name: what } });
        if (options.json) printJson(context, boot);
        else context.io.out(drawBoot(boot, context));
      }
    });
}

function listOf(traces: readonly TraceSummary[], columns: number | undefined): string {
  if (traces.length === 0) return "no traces yet\n";
  return table(
    [
      { title: "TRACE", cell: ({ traceId }) => traceId },
      { title: "ROOT", cell: ({ rootName, operation }) => [text(rootName), operation ?? ""].join(" ").trim() },
      { title: "AGE", cell: ({ ageMs }) => duration(ageMs), align: "right" },
      { title: "TOOK", cell: ({ durationMs }) => duration(durationMs), align: "right" },
      { title: "SPANS", cell: ({ spanCount }) => String(spanCount), align: "right" },
      { title: "ERRORS", cell: ({ errorCount }) => String(errorCount), align: "right" },
      { title: "NODES", cell: ({ nodes }) => nodes.join(" → ") },
    ],
    traces,
    columns,
  );
}

export function drawTrace(trace: TraceView, { io, colours }: CommandContext): string {
  const failed = trace.errorCount === 0 ? "" : `, ${trace.errorCount} with errors`;
  const head = `trace ${trace.traceId}  ${trace.spanCount} spans${failed}, ${duration(trace.durationMs)}\n\n`;
  const rows = trace.spans.map((span) => ({
    label: labelOf(span),
    node: span.node ?? "?",
    depth: span.depth,
    offsetMs: span.offsetMs,
    durationMs: span.durationMs,
    error: span.status === "error",
    note: [
      span.status === "error" ? `error ${span.statusMessage}`.trim() : "",
      span.orphan ? "(its parent has not come)" : "",
    ]
      .filter((part) => part !== "")
      .join(" "),
  }));
  return head + draw(rows, io.columns, colours);
}

/** Names the step that is open, stalled or failed: the answer to "how far did it get". */
export function drawBoot(boot: BootTrace, { io, colours }: CommandContext): string {
  const outcome: Record<BootTrace["state"], string> = {
    ready: `ready after ${duration(boot.durationMs)}`,
    running: `still booting after ${duration(boot.durationMs)}${boot.step === null ? "" : `, in ${boot.step}`}`,
    stalled: `stalled in ${text(boot.step)}`,
    failed: `failed in ${text(boot.step)}`,
  };
  const message = boot.message === null || boot.message === "" ? "" : `: ${boot.message}`;
  const head = `boot of ${boot.name}  ${outcome[boot.state]}${boot.state === "ready" ? "" : message}\ntrace ${boot.traceId}\n\n`;
  const root: WaterfallRow = {
    label: "mesh.node.ready",
    node: "",
    depth: 0,
    offsetMs: 0,
    durationMs: boot.durationMs,
    error: boot.state === "failed" || boot.state === "stalled",
    note: "",
  };
  const steps = boot.steps.map((step) => ({
    label: step.name,
    node: "",
    depth: 1,
    offsetMs: step.offsetMs,
    durationMs: step.durationMs,
    error: step.status === "error",
    note: step.status === "error" ? step.statusMessage || "error" : step.name === boot.step ? boot.state : "",
  }));
  return head + draw([root, ...steps], io.columns, colours);
}

function draw(rows: readonly WaterfallRow[], columns: number | undefined, colours: CommandContext["colours"]): string {
  const bar = (bars: string, error: boolean) => (error ? colours.red(bars) : colours.cyan(bars));
  return waterfall(rows, { columns: columns ?? DEFAULT_COLUMNS, bar });
}

function labelOf({ name, attributes }: SpanView): string {
  const operation = attributes[ATTR.operation];
  return typeof operation === "string" ? `${name} ${operation}` : name;
}

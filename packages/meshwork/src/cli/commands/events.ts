/** `mesh events`: what happened to members and processes, and what happens from now on. */
import type { EventView } from "@meshwork/console/api-types";
import type { Command } from "commander";
import {
  type ClientOptions,
  type CommandContext,
  clientOf,
  examples,
  parseSpan,
  printJson,
  withConsole,
} from "../command.js";
import { EventFollower, type EventQuery, fetchEvents } from "../event-follower.js";
import { describeFailure } from "../failure.js";
import { text, UNKNOWN } from "../format.js";
import { oneLine } from "../table.js";

interface EventsOptions extends ClientOptions {
  readonly follow?: boolean;
  readonly since?: number;
  readonly mesh?: string;
}

/** Without --since; with it, all that the console remembers of that time. */
const DEFAULT_COUNT = 100;
const MAX_COUNT = 1_000;
const RETRY_MS = [500, 1_000, 2_000, 4_000, 5_000] as const;
/** A wrong token and the like do not pass by themselves. */
const PASSING = new Set(["MESH_E_NO_CONSOLE", "MESH_E_TIMEOUT", "MESH_E_TOO_MANY_STREAMS"]);

export function addEvents(program: Command, context: CommandContext): void {
  withConsole(program.command("events").description("what happened to members and processes: joined, suspected, dead…"))
    .option("--follow", "go on with what happens, until Ctrl+C; waits for the console where it is started anew")
    .option("--since <time>", "only what is not older, e.g. 90s, 10m, 2h (default: the last 100 events)", parseSpan)
    .option("--mesh <mesh>", "only of this mesh")
    .addHelpText(
      "after",
      `
A suspicion is the word of the one node that is named; a death is the mesh's, signed by those who are named. Times are the console's
clock. With --json each event is a line of JSON.
${examples(["mesh events", "mesh events --follow --since 10m", "mesh events --mesh mesh2 --json | jq -r 'select(.kind == \"node.dead\").node'"])}`,
    )
    .action(async (options: EventsOptions) => {
      const { since, mesh } = options;
      const limit = since === undefined ? DEFAULT_COUNT : MAX_COUNT;
      const past: EventQuery = { limit, maxAgeMs: since, mesh };
      const print = (event: EventView) => {
        if (options.json) printJson(context, event);
        else context.io.out(`${lineOf(event, context)}\n`);
      };
      if (options.follow) return follow(context, options, past, print);
      const events = await fetchEvents(clientOf(context, options), past);
      for (const event of events) print(event);
      if (events.length === 0 && !options.json) context.io.out("no events\n");
    });
}

async function follow(
  context: CommandContext,
  options: EventsOptions,
  past: EventQuery,
  print: (event: EventView) => void,
): Promise<void> {
  const interrupted = context.io.untilInterrupted();
  const note = (message: string) => context.io.err(`${message}\n`);
  const { mesh } = options;
  const onEvent = (event: EventView) => {
    if (mesh === undefined || event.mesh === mesh) print(event);
  };
  const follower = new EventFollower({ past, onEvent, onNote: note });
  let ever = false;
  let lost = 0;
  const connected = () => {
    if (lost > 0) note("the console is back");
    lost = 0;
    ever = true;
  };
  while (!interrupted.aborted) {
    let reason = "it ended the stream";
    try {
      // Found anew each time: `mesh up` may have put it on another port.
      await follower.follow(clientOf(context, options), interrupted, connected);
    } catch (error) {
      const { code, message } = describeFailure(error);
      if (!interrupted.aborted && (!ever || !PASSING.has(code))) throw error;
      reason = message;
    }
    if (interrupted.aborted) return;
    if (lost === 0) note(`the console is lost (${reason}); waiting for it`);
    await pause(RETRY_MS[Math.min(lost, RETRY_MS.length - 1)] ?? 0, interrupted);
    lost += 1;
  }
}

function pause(ms: number, interrupted: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      interrupted.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    interrupted.addEventListener("abort", done);
  });
}

function lineOf({ atMs, kind, mesh, severity, message }: EventView, { colours }: CommandContext): string {
  const paint = { info: (word: string) => word, warn: colours.yellow, error: colours.red }[severity];
  const word = kind.replace(/^node\./, "").padEnd(9);
  return oneLine(`${clock(atMs)}  ${paint(word)}  ${text(mesh)}  ${message}`);
}

/** `2026-01-31 14:03:22.481`, in the reader's time zone. */
function clock(atMs: number): string {
  const at = new Date(atMs);
  if (Number.isNaN(at.getTime())) return UNKNOWN;
  const local = new Date(atMs - at.getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 23)}`;
}

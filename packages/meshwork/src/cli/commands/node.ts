/**
 * `mesh node`: one node in the foreground, in this process, until a signal. It belongs to nobody: it outlives the cluster that
 * it joined. Where a console is found its telemetry goes there.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isMeshName, isNodeType, MeshError } from "@meshwork/protocol";
import type { Command } from "commander";
import { isAlive } from "../../up/alive.js";
import { type CommandContext, collect, examples, jsonOption, numberWithin, printJson } from "../command.js";
import { type ConsoleAddress, type ConsoleOptions, DEFAULT_DATA_DIR, findConsole } from "../console-client.js";
import { pairs } from "../table.js";

interface NodeFlags {
  readonly mesh?: string;
  readonly type?: string;
  readonly seed?: string[];
  readonly observe?: string[];
  readonly bind?: string;
  readonly dataDir?: string;
  readonly cpuBudget?: number;
  readonly ramBudget?: number;
  readonly demo: boolean;
  readonly traffic?: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** Nodes of one type that may run beside each other without a --data-dir each. */
const MAX_DIRECTORIES = 64;

export function addNode(program: Command, context: CommandContext): void {
  program
    .command("node")
    .description("run one node in the foreground; it joins through --seed and outlives the cluster's launcher")
    .option("--mesh <mesh>", "the mesh it is a member of (or MESH_ID)")
    .option("--type <type>", "what it is, e.g. broker (or MESH_NODE_TYPE)")
    .option("--seed <seed>", "<node id>@<ip:port>, as `mesh seed` prints it; repeat it for several", collect)
    .option("--observe <mesh>", "a further mesh to watch; repeat it for several", collect)
    .option("--bind <ip:port>", "address to listen on (default: loopback, free ports)")
    .option(
      "--data-dir <path>",
      `where its identity lives (default: a free one of ./${DEFAULT_DATA_DIR}/<mesh>.<type>[-2…])`,
    )
    .option("--cpu-budget <cores>", "what its CPU is compared with", numberWithin(0.01, 4_096, false))
    .option("--ram-budget <bytes>", "what its memory is compared with", numberWithin(2 ** 20, 2 ** 50, true))
    .option("--no-demo", "without the demo's handlers of its type")
    .option("--traffic", "make demo traffic without waiting for the console to say so")
    .option("--url <url>", "console to send telemetry to (default: MESH_CONSOLE_URL, then ./.mesh/console.json)")
    .option("--token <token>", "its token")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      examples([
        'mesh node --mesh mesh1 --type broker --seed "$(mesh seed)"',
        "mesh node --mesh lab --type sensor --bind 192.0.2.7:4711 --no-demo",
      ]),
    )
    .action(async (flags: NodeFlags) => {
      const { io } = context;
      const dataDir = flags.dataDir ?? io.env.MESH_DATA_DIR ?? freeDirectory(io.cwd, flags, io.env);
      const telemetry = intakeOf(context, flags);
      // Backtraces make each refused signature cost a stack walk; one worker is enough for one node's sockets.
      delete process.env.RUST_BACKTRACE;
      process.env.TOKIO_WORKER_THREADS ??= "1";
      const [{ startNode }, { behave }, { onEnd }] = await Promise.all([
        import("@meshwork/node"),
        import("../../demo/index.js"),
        import("../../process/ending.js"),
      ]);
      const node = await startNode({
        ...pick("mesh", flags.mesh),
        ...pick("type", flags.type),
        ...pick("seeds", flags.seed),
        ...pick("observe", flags.observe),
        ...pick("bind", flags.bind),
        ...pick("cpuBudgetCores", flags.cpuBudget),
        ...pick("ramBudgetBytes", flags.ramBudget),
        ...pick("dataDir", dataDir),
        ...pick("telemetry", telemetry),
      });
      onEnd(async (reason) => {
        if (!flags.json) io.err(`leaving ${node.mesh} (${reason})\n`);
        await node.close(reason);
      });
      if (flags.demo) behave(node, { traffic: flags.traffic ?? false });
      const { name, id, seed, addresses, bootMs } = node;
      if (flags.json) printJson(context, { event: "ready", name, id, seed, addresses, pid: process.pid, bootMs });
      else {
        io.out(
          pairs([
            ["name", context.colours.bold(name)],
            ["seed", seed],
            ["ready in", `${bootMs.toFixed(0)} ms`],
          ]),
        );
        io.err("Ctrl+C leaves the mesh\n");
      }
      await node.closed;
    });
}

const pick = <Key extends string, Value>(key: Key, value: Value | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };

/** Undefined where no console is known: a node needs none. Said loudly where one was named and cannot be. */
function intakeOf({ io }: CommandContext, flags: ConsoleOptions): ConsoleAddress | undefined {
  if (io.env.MESH_TELEMETRY_URL !== undefined) return undefined;
  try {
    return findConsole(io, { ...pick("url", flags.url), ...pick("token", flags.token) });
  } catch (error) {
    if (error instanceof MeshError && error.code === "MESH_E_NO_CONSOLE") return undefined;
    throw error;
  }
}

/**
 * The first data directory of this mesh and type without a live owner, so that the same command works twice. Left to startNode
 * where mesh or type are missing or wrong: its error says what to do.
 */
function freeDirectory(
  cwd: string,
  flags: NodeFlags,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const mesh = flags.mesh ?? env.MESH_ID ?? "";
  const type = flags.type ?? env.MESH_NODE_TYPE ?? "";
  if (!isMeshName(mesh) || !isNodeType(type)) return undefined;
  for (let number = 1; number <= MAX_DIRECTORIES; number++) {
    const path = join(resolve(cwd, DEFAULT_DATA_DIR), number === 1 ? `${mesh}.${type}` : `${mesh}.${type}-${number}`);
    if (!isOwned(path)) return path;
  }
  throw new MeshError(
    "MESH_E_DUPLICATE_IDENTITY",
    `${MAX_DIRECTORIES} nodes of ${mesh}.${type} run here already; give --data-dir`,
  );
}

function isOwned(dataDir: string): boolean {
  try {
    const pid = Number(readFileSync(join(dataDir, "lock"), "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 && isAlive(pid);
  } catch {
    return false;
  }
}

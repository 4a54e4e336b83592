/**
 * The environment variables that the `mesh` command reads on top of a node's own
 * (NODE_VARIABLES of @meshwork/node): one table for code, documentation (docs/how-to/configuration.md) and their test.
 */
export const COMMAND_VARIABLES = {
  MESH_CONSOLE_URL: {
    unit: "URL",
    default: "from <data-dir>/console.json",
    text: "The console that client commands call.",
  },
  MESH_CONSOLE_TOKEN: { unit: "text", default: "from <data-dir>/console.json", text: "Its token." },
  MESH_CONSOLE_PORT: {
    unit: "port",
    default: "any free one",
    text: "Where a console process listens; set by `mesh up --port`.",
  },
  MESH_CONSOLE_READ_ONLY: {
    unit: "0 or 1",
    default: "0",
    text: "1: a console process refuses what changes something; set by `mesh up --read-only`.",
  },
  MESH_CONSOLE_CHAOS: {
    unit: "0 or 1",
    default: "0",
    text: "1: a console process may do harm to the nodes; set by `mesh up --chaos`.",
  },
  MESH_CONSOLE_HOST: {
    unit: "IP address",
    default: "127.0.0.1",
    text: "Where a console process listens; set by `mesh up --host`.",
  },
  MESH_CONSOLE_REMOTE_NAMES: {
    unit: "names, comma-separated",
    default: "none",
    text: "What other machines may call it by, needed beyond loopback; set by `mesh up --allow-remote`.",
  },
  MESH_CONSOLE_MAX_RATE: {
    unit: "requests a second",
    default: "200",
    text: "Reading requests of one client that a console process answers, 0 without limit; set by `mesh up --max-rate`.",
  },
  MESH_JAEGER_URL: {
    unit: "URL",
    default: "none",
    text: "Page of a Jaeger that gets the nodes' traces too: the dashboard links each trace to it.",
  },
  MESH_SYNTHETIC_NODES: {
    unit: "members",
    default: "none",
    text: "A console process without nodes: how many members it makes up; set by `mesh up --synthetic`.",
  },
  MESH_SYNTHETIC_TYPES: {
    unit: "type=weight,…",
    default: "of `mesh up --types`",
    text: "In which proportions of types; set with the former.",
  },
  MESH_DEBUG: { unit: "0 or 1", default: "0", text: "1: the `mesh` command shows the stack of an unexpected error." },
} as const satisfies Record<string, { unit: string; default: string; text: string }>;

export type CommandVariable = keyof typeof COMMAND_VARIABLES;

/** The variable's trimmed value, or `undefined` where unset or empty. */
export function readCommandVariable(
  env: Readonly<Record<string, string | undefined>>,
  name: CommandVariable,
): string | undefined {
  const value = env[name]?.trim();
  return value === undefined || value === "" ? undefined : value;
}

/** What `mesh up` starts, checked before anything does. */
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { isMeshName, isNodeType, MeshError } from "@meshwork/protocol";
import { type ConsoleAddress, consoleAddress } from "./console-address.js";
import { CONSOLE_TYPE } from "./console-type.js";

export interface UpOptions {
  readonly meshes: readonly string[];
  /** How many nodes of each type each mesh gets, in the order given. */
  readonly types: ReadonlyMap<string, number>;
  /** 0: any free one. */
  readonly port: number;
  readonly address: ConsoleAddress;
  readonly dataDir: string;
  readonly consoleFile: string;
  /** `ip:0`; undefined: loopback. */
  readonly bind: string | undefined;
  readonly maxNodes: number;
  readonly inline: boolean;
  readonly traffic: boolean;
  /** The console shows and does not act. */
  readonly readOnly: boolean;
  /** Requests a second of one client of the console; undefined: its default, 0: no limit. */
  readonly maxRate: number | undefined;
  readonly exitWhenConverged: boolean;
  /** The console may do harm to the nodes. */
  readonly chaos: boolean;
  /** Each process on a host of its own, in a network lab: harm to hosts and links too. */
  readonly lab: boolean;
  /** Made-up members instead of nodes; undefined: nodes. */
  readonly synthetic: number | undefined;
}

export const DEFAULT_MESHES: readonly string[] = ["mesh1", "mesh2"];
export const DEFAULT_TYPES = "gateway=2,broker=3,compute=2,registry=2";
export const DEFAULT_PORT = 19_090;
/** Room for nodes that are added while it runs. */
const SPARE_NODES = 46;
/** A slip of the keyboard, not a cluster: each node is a process. */
const MAX_NODES = 1_000;

export interface UpFlags {
  readonly mesh?: readonly string[];
  readonly types: string;
  readonly port: number;
  readonly dataDir: string;
  readonly bind?: string;
  readonly maxNodes?: number;
  readonly inline?: boolean;
  readonly traffic: boolean;
  readonly readOnly?: boolean;
  readonly maxRate?: number;
  readonly host?: string;
  readonly allowRemote?: string;
  readonly exitWhenConverged?: boolean;
  readonly chaos?: boolean;
  readonly lab?: boolean;
  readonly synthetic?: number;
}

export function resolveUpOptions(flags: UpFlags, cwd: string): UpOptions {
  const meshes = [...new Set(flags.mesh ?? DEFAULT_MESHES)];
  for (const mesh of meshes) if (!isMeshName(mesh)) throw new MeshError("MESH_E_BAD_MESH", JSON.stringify(mesh));
  const types = parseTypes(flags.types);
  if (flags.synthetic !== undefined) checkSynthetic(flags, meshes.length);
  if (flags.chaos && flags.readOnly)
    throw new MeshError("MESH_E_USAGE", "--chaos lets the console do harm, --read-only lets it do nothing: give one");
  if (flags.lab) checkLab(flags);
  const total = meshes.length * [...types.values()].reduce((sum, count) => sum + count, 0);
  if (total > MAX_NODES) throw new MeshError("MESH_E_USAGE", `--types asks for ${total} nodes, at most ${MAX_NODES}`);
  if (flags.maxNodes !== undefined && flags.maxNodes < total) {
    throw new MeshError("MESH_E_USAGE", `--max-nodes ${flags.maxNodes} is below the ${total} nodes of --types`);
  }
  const dataDir = resolve(cwd, flags.dataDir);
  return {
    meshes,
    types,
    port: flags.port,
    address: consoleAddress(flags.host, flags.allowRemote),
    dataDir,
    consoleFile: join(dataDir, "console.json"),
    bind: flags.bind === undefined ? undefined : parseBind(flags.bind),
    maxNodes: flags.maxNodes ?? total + SPARE_NODES,
    inline: flags.inline ?? false,
    traffic: flags.traffic,
    // There is no process behind a made-up member that anything could be done to.
    readOnly: (flags.readOnly ?? false) || flags.synthetic !== undefined,
    maxRate: flags.maxRate,
    exitWhenConverged: flags.exitWhenConverged ?? false,
    chaos: flags.chaos ?? false,
    lab: flags.lab ?? false,
    synthetic: flags.synthetic,
  };
}

function checkLab({ chaos, inline, bind, host }: UpFlags): void {
  if (!chaos) throw new MeshError("MESH_E_USAGE", "--lab is for --chaos: give both");
  if (inline)
    throw new MeshError("MESH_E_USAGE", "--lab gives each process a host, --inline has one process: give one");
  if (bind !== undefined) throw new MeshError("MESH_E_USAGE", "--bind: with --lab each node has its host's address");
  if (host === "::1") throw new MeshError("MESH_E_USAGE", "--host ::1: the lab speaks IPv4");
}

/** Below it a mesh has no overlay; above it the console's own connections end (MAX_NODES is as many as it ever has). */
export const MIN_SYNTHETIC_PER_MESH = 16;

function checkSynthetic({ synthetic = 0, exitWhenConverged, inline, chaos, bind }: UpFlags, meshes: number): void {
  const least = MIN_SYNTHETIC_PER_MESH * meshes;
  if (synthetic < least || synthetic > MAX_NODES)
    throw new MeshError(
      "MESH_E_USAGE",
      `--synthetic ${synthetic}: ${least} to ${MAX_NODES} members in ${meshes} meshes`,
    );
  if (exitWhenConverged || inline || chaos || bind !== undefined)
    throw new MeshError(
      "MESH_E_USAGE",
      "--synthetic starts no node: no --exit-when-converged, --inline, --chaos or --bind with it",
    );
}

/** `gateway=2,broker=3`: a type once, 0 to 1,000 each. */
export function parseTypes(text: string): Map<string, number> {
  const types = new Map<string, number>();
  for (const part of text.split(",").map((piece) => piece.trim())) {
    const [type = "", count = "", ...rest] = part.split("=");
    if (rest.length > 0 || !/^\d{1,4}$/.test(count)) {
      throw new MeshError("MESH_E_USAGE", `--types ${JSON.stringify(part)}: write <type>=<count>, e.g. broker=3`);
    }
    if (!isNodeType(type)) throw new MeshError("MESH_E_BAD_TYPE", `--types ${JSON.stringify(type)}`);
    if (type === CONSOLE_TYPE) throw new MeshError("MESH_E_USAGE", "--types: the console is started by itself, once");
    if (types.has(type)) throw new MeshError("MESH_E_USAGE", `--types names ${type} twice`);
    types.set(type, Number(count));
  }
  return types;
}

/** Every node needs a port of its own, so only the address can be chosen. */
function parseBind(text: string): string {
  const ip = text.replace(/:0$/, "").replace(/^\[(.*)\]$/, "$1");
  const family = isIP(ip);
  if (family === 0)
    throw new MeshError("MESH_E_BAD_ADDRESS", `--bind ${text}: write an IP address; each node takes a free port on it`);
  return family === 6 ? `[${ip}]:0` : `${ip}:0`;
}

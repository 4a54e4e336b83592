/** `mesh seed`: what another node needs to join, `<node id>@<ip:port>`, several separated by commas. */
import type { NodeView } from "@meshwork/console/api-types";
import { MeshError } from "@meshwork/protocol";
import type { Command } from "commander";
import {
  type ClientOptions,
  type CommandContext,
  clientOf,
  collect,
  examples,
  numberWithin,
  printJson,
  withConsole,
} from "../command.js";

interface SeedOptions extends ClientOptions {
  readonly mesh?: string[];
  readonly count: number;
}

export function addSeed(program: Command, context: CommandContext): void {
  withConsole(program.command("seed").description("print a seed string, which `mesh node --seed` joins through"))
    .argument("[name]", "the node to join through (default: some of the mesh's)")
    .option(
      "--mesh <mesh>",
      "mesh to join; repeat it for a node that observes others (default: the console's)",
      collect,
    )
    .option("--count <n>", "seeds per mesh", numberWithin(1, 16, true), 1)
    .addHelpText(
      "after",
      examples([
        "mesh seed",
        'mesh node --mesh mesh2 --type broker --seed "$(mesh seed --mesh mesh2 --count 3)"',
        "mesh seed mesh1.broker.239dc9",
      ]),
    )
    .action(async (name: string | undefined, options: SeedOptions) => {
      const client = clientOf(context, options);
      let chosen: NodeView[];
      if (name !== undefined) {
        chosen = [await client.call("GET /api/nodes/{name}", { path: { name } })];
      } else {
        const meshes = options.mesh ?? [(await client.call("GET /api/cluster")).console.mesh];
        const { nodes } = await client.call("GET /api/nodes");
        chosen = meshes.flatMap((mesh) => pickSeeds(nodes, mesh, options.count));
      }
      const seeds = chosen.map((node) => ({ name: node.name, mesh: node.mesh, seed: seedOf(node) }));
      const joined = seeds.map(({ seed }) => seed).join(",");
      if (options.json) printJson(context, { seed: joined, nodes: seeds });
      else context.io.out(`${joined}\n`);
    });
}

/** The longest known first: who has stayed will stay. The console last: it is the one that may be started again on its own. */
export function pickSeeds(nodes: readonly NodeView[], mesh: string, count: number): NodeView[] {
  const candidates = nodes
    .filter((node) => node.mesh === mesh && node.live && node.id !== null && (node.addresses?.length ?? 0) > 0)
    .sort((a, b) => rank(a) - rank(b) || (b.knownForMs ?? 0) - (a.knownForMs ?? 0));
  if (candidates.length === 0) throw new MeshError("MESH_E_NO_CANDIDATE", `no live node of ${mesh} has an address`);
  return candidates.slice(0, count);
}

const rank = ({ type }: NodeView) => (type === "console" ? 1 : 0);

function seedOf({ id, name, addresses }: NodeView): string {
  // IPv4 first where there is a choice: it needs no brackets on whatever command line it ends up.
  const address = addresses?.find((candidate) => !candidate.startsWith("[")) ?? addresses?.[0];
  if (id === null || address === undefined)
    throw new MeshError("MESH_E_NO_CANDIDATE", `${name ?? "the node"} has no address`);
  return `${id}@${address}`;
}

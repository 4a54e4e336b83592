/**
 * The console is up before the meshes that it observes, so it has no seed of theirs. While one of its meshes has no neighbour it
 * asks the launcher, which knows who is ready, and joins through them. Looking costs nothing while all have neighbours.
 * Owner: the console's process; ended by the returned function.
 */
import type { MeshNode } from "@meshwork/node";

const LOOK_INTERVAL_MS = 500;
const SEEDS = 3;

export function findMeshes(
  node: Pick<MeshNode, "mesh" | "observes" | "neighbors" | "join">,
  seedsOf: (mesh: string, count: number) => Promise<readonly string[]>,
  intervalMs = LOOK_INTERVAL_MS,
): () => void {
  const asking = new Set<string>();
  const look = async (mesh: string) => {
    if (asking.has(mesh) || node.neighbors(mesh).length > 0) return;
    asking.add(mesh);
    try {
      node.join(await seedsOf(mesh, SEEDS));
    } catch {
      // The launcher is busy or going: the next look asks again.
    } finally {
      asking.delete(mesh);
    }
  };
  const timer = setInterval(() => {
    for (const mesh of [node.mesh, ...node.observes]) void look(mesh);
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

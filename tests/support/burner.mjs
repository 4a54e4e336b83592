/**
 * A node whose process burns CPU in a function of a known name, for tests of profiles. One argument: the options of startNode, as JSON.
 * Prints its name and seed when it is ready; ends with its standard input.
 */
import { startNode } from "meshwork";

function burnCyclesHere(untilMs) {
  let sum = 0;
  while (performance.now() < untilMs) for (let i = 0; i < 20_000; i++) sum += Math.sqrt(i);
  return sum;
}

function busyTick() {
  return burnCyclesHere(performance.now() + 10);
}

const node = await startNode(JSON.parse(process.argv[2] ?? "{}"));
setInterval(busyTick, 20);
process.stdout.write(`${JSON.stringify({ name: node.name, seed: node.seed })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();

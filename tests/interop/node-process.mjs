/**
 * A whole node (`startNode`) as a process, for tests with Rust peers in its mesh. First argument: the options as JSON.
 * Commands: `report` (neighbours, directory), `quit`. Ends when standard input ends.
 */
import { createInterface } from "node:readline";
import { startNode } from "@meshwork/node";

const print = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const node = await startNode(JSON.parse(process.argv[2]));
node.directory.onChange((change) => print({ event: "directory", kind: change.kind }));
const [id, address] = node.seed.split("@");
print({ event: "ready", id, address, name: node.name });

async function end() {
  await node.close("quit");
  print({ event: "ended" });
  process.exit(0);
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  if (line.trim() === "quit") return end();
  const stats = node.stats();
  print({
    event: "report",
    neighbors: [...node.neighbors()],
    names: node.directory.entries().map((entry) => entry.name),
    sizes: stats.sizes,
    connections: stats.connections,
    connectionsOpened: stats.connectionsOpened,
  });
});
lines.on("close", () => end());

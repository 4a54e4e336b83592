/** Entry of the `mesh` command; bin/mesh.js loads it. */
import { processIo } from "./io.js";
import { runCommand } from "./program.js";

process.exitCode = await runCommand(process.argv.slice(2), processIo(), import.meta.url);

/** Entry of the console's process under a soak: that of `mesh up`, with a probe of the process beside it. */
import { serveProcessProbe } from "@meshwork/chaos";

await serveProcessProbe(process.ppid);
await import("./console-process.js");

/** A process of tests for the console's desk: started beside the bundle, told apart from the console by nothing but its channel. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { StartTests, TestMessage } from "@meshwork/chaos";

/** Clusters of tests end within their own 15 s. */
const STOP_MS = 20_000;

/** `base` is the URL of a module in the bundle's directory. */
export function startTestsIn(base: string): StartTests {
  return ({ tests, seed }, onMessage) => {
    const child = fork(fileURLToPath(new URL("./test-process.js", base)), [String(seed), ...tests], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: withoutOwn(process.env),
    });
    let done = false;
    child.on("message", (message: TestMessage) => {
      done ||= message.kind === "done";
      onMessage(message);
    });
    const ended = new Promise<string | undefined>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) =>
        resolve(done ? undefined : `it ended with ${signal ?? `exit code ${code}`}`),
      );
    });
    return { ended, stop: () => stop(child, ended) };
  };
}

function stop(child: ChildProcess, ended: Promise<unknown>): void {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  void ended.then(() => clearTimeout(timer));
}

/** What this console and its node were told is not for the nodes of tests. */
function withoutOwn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("MESH_")));
}

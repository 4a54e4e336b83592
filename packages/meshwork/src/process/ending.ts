/**
 * How a node's process ends. The first wish (a stop message, SIGTERM, SIGINT, SIGHUP) closes what runs and exits 0; a second
 * signal exits at once; an error that nobody caught is printed with its code and exits 1.
 *
 * The supervisor sends SIGTERM after its stop message to a child that seems not to have read it: the first signal after a
 * stop message is that same wish.
 */
export interface Ending {
  /** Asks for the end; the same as the first signal. */
  ask(reason: string): void;
  readonly asked: boolean;
}

export function onEnd(close: (reason: string) => Promise<void>): Ending {
  let asked = false;
  let signals = 0;
  const ask = (reason: string): void => {
    if (asked) return;
    asked = true;
    close(reason).then(
      () => process.exit(0),
      (error: unknown) => {
        printError(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      ask(signal);
    });
  }
  process.on("uncaughtException", (error) => {
    printError(error);
    process.exit(1);
  });
  process.on("unhandledRejection", (error) => {
    printError(error);
    process.exit(1);
  });
  return {
    ask,
    get asked() {
      return asked;
    },
  };
}

/** A node that closes by itself (its identity is in use elsewhere) ends its process with what it says. */
export async function endWithNode(node: { readonly closed: Promise<void>; readonly failure: Error | undefined }) {
  await node.closed;
  if (node.failure === undefined) return;
  printError(node.failure);
  process.exit(1);
}

/** Code, message and hint where the error has them, the stack where it has not (then it is a fault of ours). */
export function printError(error: unknown): void {
  const fields = typeof error === "object" && error !== null ? (error as { code?: unknown; hint?: unknown }) : {};
  if (typeof fields.code === "string" && fields.code.startsWith("MESH_E_") && error instanceof Error) {
    process.stderr.write(`error ${fields.code}: ${error.message}\n`);
    if (typeof fields.hint === "string" && fields.hint !== "") process.stderr.write(`hint: ${fields.hint}\n`);
  } else {
    process.stderr.write(
      `error MESH_E_INTERNAL: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
}

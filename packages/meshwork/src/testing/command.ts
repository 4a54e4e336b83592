/** Runs a command line without a process, and a stand-in console for it to call. For tests. */
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Io } from "../cli/io.js";
import { runCommand } from "../cli/program.js";

export interface CommandRun {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export async function mesh(args: readonly string[], overrides: Partial<Io> = {}): Promise<CommandRun> {
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
    cwd: "/nonexistent",
    interactive: false,
    columns: undefined,
    colour: false,
    untilInterrupted: () => new AbortController().signal,
    ...overrides,
  };
  const exitCode = await runCommand(args, io, import.meta.url);
  return { exitCode, out, err };
}

export interface FakeConsole {
  readonly url: string;
  readonly token: string;
  /** `--url … --token …` */
  readonly flags: readonly string[];
  readonly requests: { readonly method: string; readonly path: string; readonly body: unknown }[];
  close(): Promise<void>;
}

/** Takes over the response; one that does nothing never answers. */
export type Answerer = (response: ServerResponse, path: string) => void;

/** `answers` by `METHOD path` (without the query): a body, `[status, body]`, or an `Answerer`. */
export async function fakeConsole(answers: Readonly<Record<string, unknown>>): Promise<FakeConsole> {
  const token = "t".repeat(32);
  const requests: { method: string; path: string; body: unknown }[] = [];
  const server: Server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const method = request.method ?? "";
      const path = request.url ?? "";
      requests.push({ method, path, body: text === "" ? undefined : JSON.parse(text) });
      const answer = answers[`${method} ${path.split("?")[0]}`];
      const unknown = { code: "MESH_E_UNKNOWN_NAME", message: "no live node has this name", hint: "`mesh members`" };
      const authorised = request.headers.authorization === `Bearer ${token}`;
      const unauthorised = { code: "MESH_E_UNAUTHORIZED", message: "the token is wrong", hint: "" };
      const [status, body] = !authorised
        ? [401, unauthorised]
        : answer === undefined
          ? [404, unknown]
          : Array.isArray(answer)
            ? answer
            : [200, answer];
      if (authorised && typeof answer === "function") {
        (answer as Answerer)(response, path);
        return;
      }
      response.writeHead(status as number, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token,
    flags: ["--url", url, "--token", token],
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

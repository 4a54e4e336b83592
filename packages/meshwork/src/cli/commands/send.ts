/** `mesh send NAME OPERATION`: a request from the console's node; prints the reply, the path it took and the round trip. */
import type { SendRequest, SendResult } from "@meshwork/console/api-types";
import type { Command } from "commander";
import {
  type ClientOptions,
  type CommandContext,
  clientOf,
  examples,
  numberWithin,
  printJson,
  withConsole,
} from "../command.js";
import { readBodyFile } from "../console-client.js";
import { usage } from "../failure.js";
import { bytes, duration } from "../format.js";
import { pairs } from "../table.js";

/** The console's own answer to a deadline that passed comes first. */
const MARGIN_MS = 5_000;

interface SendOptions extends ClientOptions {
  readonly data?: string;
  readonly file?: string;
  readonly timeout: number;
  readonly oneWay?: boolean;
}

export function addSend(program: Command, context: CommandContext): void {
  withConsole(program.command("send").description("send a request to a node; prints reply, path and round trip"))
    .argument("<name>", "full name, node id or unique prefix of either; `<mesh>.<type>` for any node of that type")
    .argument("<operation>", "what its handler is registered as, e.g. ping")
    .option("--data <text>", "the body as text")
    .option("--file <path>", "the body from a file; - for standard input")
    .option("--timeout <ms>", "deadline for the whole exchange", numberWithin(1, 30_000, true), 5_000)
    .option("--one-way", "do not wait for a reply")
    .addHelpText(
      "after",
      examples([
        "mesh send mesh1.broker.239dc9 produce --data hello",
        "mesh send mesh2.broker fetch --data 41",
        "mesh send 239dc9 produce --file record.bin --timeout 2000 --json",
      ]),
    )
    .action(async (name: string, operation: string, options: SendOptions) => {
      if (options.data !== undefined && options.file !== undefined) throw usage("give --data or --file, not both");
      const request: SendRequest = {
        to: targetOf(name),
        operation,
        timeoutMs: options.timeout,
        oneWay: options.oneWay ?? false,
        ...(options.data === undefined ? {} : { data: options.data }),
        ...(options.file === undefined
          ? {}
          : { dataBase64: Buffer.from(readBodyFile(context.io, options.file)).toString("base64") }),
      };
      const result = await clientOf(context, options).call(
        "POST /api/send",
        { body: request },
        { timeoutMs: options.timeout + MARGIN_MS },
      );
      if (options.json) printJson(context, result);
      else context.io.out(describeReply(result));
    });
}

/** `mesh2.broker` means any broker of mesh2; everything else names one node. */
export function targetOf(name: string): SendRequest["to"] {
  const [mesh, type, ...rest] = name.split(".");
  return mesh && type && rest.length === 0 ? { mesh, type } : name;
}

function describeReply(result: SendResult): string {
  if (result.oneWay) return `sent to ${result.to ?? "one of them"}\n`;
  const reply = result.replyText ?? `${bytes(result.replyBytes)} of binary data (--json has them as base64)`;
  return pairs([
    ["reply", reply === "" ? "(empty)" : reply],
    ["from", result.to ?? "-"],
    ["path", result.path === null ? "-" : `${result.path.kind} ${result.path.address}`],
    ["round trip", duration(result.roundTripMs)],
    ["trace", result.traceId ?? "-"],
  ]);
}

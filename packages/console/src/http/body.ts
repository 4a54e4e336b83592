/** Reads a request's body within a bound of bytes and of time. What is read is dropped as soon as a bound is passed. */
import type { IncomingMessage } from "node:http";
import { ConsoleError } from "../errors.js";

export interface BodyLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** Throws MESH_E_REQUEST_TOO_LARGE, MESH_E_REQUEST_TIMEOUT; MESH_E_INVALID_INPUT where the caller went away. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const tooLarge = () => new ConsoleError("MESH_E_REQUEST_TOO_LARGE", `the limit is ${limits.maxBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > limits.maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (error?: Error) => {
      clearTimeout(timer);
      request.off("data", onData);
      request.off("end", onEnd);
      request.off("error", onGone);
      request.off("close", onGone);
      if (error === undefined) resolve(Buffer.concat(chunks, bytes));
      else {
        request.pause();
        reject(error);
      }
    };
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) finish(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = () => finish();
    const onGone = () => finish(new ConsoleError("MESH_E_INVALID_INPUT", "the body ended early"));
    const timer = setTimeout(() => finish(new ConsoleError("MESH_E_REQUEST_TIMEOUT")), limits.timeoutMs);
    request.on("data", onData);
    request.on("end", onEnd);
    request.on("error", onGone);
    request.on("close", onGone);
  });
}

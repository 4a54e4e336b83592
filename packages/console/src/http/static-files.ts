/**
 * The dashboard's files from its build directory. Read into memory at the first request and served from there: the set is fixed, so
 * no path of a request ever reaches the file system. A rebuilt page needs a new console process.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".map": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};
const MAX_FILES = 500;
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

interface StaticFile {
  readonly bytes: Buffer;
  readonly type: string;
  /** Vite names these by their content. */
  readonly immutable: boolean;
}

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>meshwork console</title>
<body><h1>The dashboard is not built</h1><p>Run <code>npm run build</code> and start again. The API works without it:
<code>GET /api/openapi.json</code> with the bearer token describes it.</p></body></html>`;

export class StaticFiles {
  readonly #dir: string | undefined;
  #files: Promise<Map<string, StaticFile>> | undefined;

  constructor(dir: string | undefined) {
    this.#dir = dir;
  }

  async handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    this.#files ??= load(this.#dir);
    const files = await this.#files;
    const page = path === "/" || path === "/index.html";
    const file = files.get(page ? "/index.html" : path);
    if (file !== undefined) {
      const headers = {
        "content-type": file.type,
        "content-length": file.bytes.length,
        "cache-control": file.immutable ? "public, max-age=31536000, immutable" : "no-cache",
      };
      response.writeHead(200, headers);
      response.end(request.method === "HEAD" ? undefined : file.bytes);
      return true;
    }
    if (!page) return false;
    // Built while this console runs: looked for again at the next request.
    this.#files = undefined;
    response.writeHead(503, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
    response.end(request.method === "HEAD" ? undefined : NOT_BUILT);
    return true;
  }
}

async function load(dir: string | undefined): Promise<Map<string, StaticFile>> {
  const files = new Map<string, StaticFile>();
  if (dir === undefined) return files;
  let names: string[];
  try {
    names = await readdir(dir, { recursive: true });
  } catch {
    return files;
  }
  let total = 0;
  for (const name of names) {
    const full = join(dir, name);
    const type = TYPES[extname(name).toLowerCase()];
    if (type === undefined || !(await stat(full)).isFile()) continue;
    const bytes = await readFile(full);
    total += bytes.length;
    if (files.size >= MAX_FILES || total > MAX_TOTAL_BYTES) throw new Error(`${dir} is too large for a dashboard`);
    const path = `/${relative(dir, full).split(sep).join("/")}`;
    files.set(path, { bytes, type, immutable: path.startsWith("/assets/") });
  }
  return files;
}

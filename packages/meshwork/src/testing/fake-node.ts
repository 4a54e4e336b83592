/** A mesh of stand-in nodes in memory: handlers, selectors and directories as far as the demo uses them. For tests. */
import type { DirectoryChange, DirectoryEntry, Handler, MeshNode, Reply, Target } from "@meshwork/node";
import { MeshError } from "@meshwork/protocol";

export interface FakeCall {
  readonly from: string;
  readonly to: string;
  readonly operation: string;
  readonly body: string;
}

export class FakeMesh {
  readonly calls: FakeCall[] = [];
  readonly #nodes: { readonly node: MeshNode; readonly handlers: Map<string, Handler> }[] = [];
  readonly #listeners = new Set<(change: DirectoryChange) => void>();

  add(mesh: string, type: string, observes: readonly string[] = []): MeshNode {
    const id = (this.#nodes.length + 1).toString(16).padStart(64, "a");
    const name = `${mesh}.${type}.${id.slice(0, 6)}`;
    const handlers = new Map<string, Handler>();
    const node = {
      id,
      name,
      mesh,
      type,
      observes,
      closed: new Promise<void>(() => {}),
      handle: (operation: string, handler: Handler) => {
        handlers.set(operation, handler);
        return () => handlers.delete(operation);
      },
      directory: {
        entries: (filter: { mesh?: string; type?: string } = {}) => this.#entries(filter),
        onChange: (listener: (change: DirectoryChange) => void) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      request: (target: Target, operation: string, body: Uint8Array | string = "") =>
        this.#request(name, id, target, operation, Buffer.from(body as string)),
    } as unknown as MeshNode;
    this.#nodes.push({ node, handlers });
    const entry = this.#entries({}).find((candidate) => candidate.id === id);
    if (entry) for (const listener of this.#listeners) listener({ kind: "joined", entry, atMs: 0 });
    return node;
  }

  /** `text` of the reply to a request from outside. */
  async ask(to: MeshNode, operation: string, body = ""): Promise<string> {
    return Buffer.from((await this.#request("outside", "", to.id, operation, Buffer.from(body))).body).toString();
  }

  #entries(filter: { mesh?: string; type?: string }): DirectoryEntry[] {
    return this.#nodes
      .map(
        ({ node: { id, name, mesh, type } }) => ({ id, name, mesh, type, record: { generation: 1 } }) as DirectoryEntry,
      )
      .filter(({ mesh, type }) => (filter.mesh ?? mesh) === mesh && (filter.type ?? type) === type);
  }

  async #request(from: string, fromId: string, target: Target, operation: string, body: Uint8Array): Promise<Reply> {
    const found = this.#nodes.find(({ node }) =>
      typeof target === "string"
        ? node.id === target || node.name === target
        : node.mesh === target.mesh && node.type === target.type && node.id !== fromId,
    );
    if (found === undefined) throw new MeshError("MESH_E_NO_CANDIDATE", JSON.stringify(target));
    const handler = found.handlers.get(operation);
    if (handler === undefined) throw new MeshError("MESH_E_NO_SUCH_OPERATION", operation);
    this.calls.push({ from, to: found.node.name, operation, body: Buffer.from(body).toString() });
    const signal = new AbortController().signal;
    const caller = { id: fromId, name: from, mesh: "" };
    const reply = await handler({ operation, body, from: caller, signal, remainingMs: () => 5_000 });
    return { body: Buffer.from((reply?.body ?? "") as string) } as unknown as Reply;
  }
}

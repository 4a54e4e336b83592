/** The operations a node answers. Bounded by what the program registers; reserved names (`mesh.`) belong to the node itself. */
import { isOperationName, MeshError } from "@meshwork/protocol";
import type { Handler } from "./types.js";

const MAX_HANDLERS = 1_024;

export class Handlers {
  readonly #handlers = new Map<string, Handler>();

  get size(): number {
    return this.#handlers.size;
  }

  register(operation: string, handler: Handler, reserved = false): () => void {
    if (!isOperationName(operation) || operation.startsWith("mesh.") !== reserved) {
      throw new MeshError("MESH_E_BAD_OPERATION", JSON.stringify(operation));
    }
    if (this.#handlers.has(operation)) throw new MeshError("MESH_E_HANDLER_EXISTS", JSON.stringify(operation));
    if (this.#handlers.size >= MAX_HANDLERS) throw new MeshError("MESH_E_OVERLOADED", `${MAX_HANDLERS} handlers`);
    this.#handlers.set(operation, handler);
    return () => {
      // Only this one: another handler may have taken the name since.
      if (this.#handlers.get(operation) === handler) this.#handlers.delete(operation);
    };
  }

  get(operation: string): Handler | undefined {
    return this.#handlers.get(operation);
  }

  names(): string[] {
    return [...this.#handlers.keys()];
  }
}

/**
 * The supervisor's operations as the console calls them. What arrives was checked at the console's edge; it is checked again
 * here and in the supervisor itself, so that a broken or taken-over console can ask for nothing that is not allowed.
 */
import type { Handlers, SupervisorOperations } from "./console-link.js";
import { SupervisorError } from "./errors.js";
import type { Supervisor } from "./types.js";
import { isLabel, isRecord, validateCount, validateRef } from "./validate.js";

const MAX_SEEDS = 16;

export function supervisorHandlers(supervisor: Supervisor): Handlers<SupervisorOperations> {
  return {
    list: () => supervisor.list(),
    spawn: (params) => supervisor.spawnMany(object(params)),
    stop: (params) => supervisor.stop(nameOf(params), optionalText(object(params).reason)),
    kill: async (params) => {
      await supervisor.kill(nameOf(params), { keepData: flag(object(params).keepData) });
      return null;
    },
    restart: (params) => supervisor.restart(nameOf(params), { hard: flag(object(params).hard) }),
    freeze: (params) => {
      supervisor.freeze(nameOf(params));
      return null;
    },
    thaw: (params) => {
      supervisor.thaw(nameOf(params));
      return null;
    },
    seeds: (params) => {
      const { mesh, count } = object(params);
      if (!isLabel(mesh)) throw new SupervisorError("MESH_E_BAD_REQUEST", "'mesh' is not a mesh name");
      return supervisor.seeds(mesh, validateCount(count, MAX_SEEDS));
    },
  };
}

function object<T>(params: T): T {
  if (!isRecord(params)) throw new SupervisorError("MESH_E_BAD_REQUEST", "parameters must be an object");
  return params;
}

const nameOf = (params: { readonly name: string }): string => validateRef(object(params).name);

function flag(value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    throw new SupervisorError("MESH_E_BAD_REQUEST", "a flag must be true or false");
  }
  return value === true;
}

function optionalText(value: unknown): string | undefined {
  if (value !== undefined && typeof value !== "string") {
    throw new SupervisorError("MESH_E_BAD_REQUEST", "'reason' must be text");
  }
  return value;
}

import type { MessageView } from "@meshwork/console/api-types";
import { expect, test } from "vitest";
import { type MessageFilter, messageFits } from "./message-filter.js";

const message = {
  ...{ from: "mesh1.gateway.aaaaaa", fromMesh: "mesh1", to: "mesh2.broker.bbbbbb", toMesh: "mesh2" },
  ...{ operation: "produce", outcome: "MESH_E_TIMEOUT", traceId: "0123" },
} as MessageView;

test.each<[Partial<MessageFilter>, Partial<MessageView>, boolean]>([
  [{}, {}, true],
  [{ text: "Broker  PRODUCE" }, {}, true],
  [{ text: "broker fetch" }, {}, false],
  [{ text: "timeout" }, {}, true],
  [{ outcome: "failed" }, {}, true],
  [{ outcome: "failed" }, { outcome: "ok" }, false],
  [{ outcome: "failed" }, { outcome: null }, false],
  [{ outcome: "ok" }, { outcome: null }, false],
  [{ between: "meshes" }, {}, true],
  [{ between: "meshes" }, { toMesh: "mesh1" }, false],
  [{ between: "meshes" }, { toMesh: null }, false],
])("%j on %j: %s", (filter, parts, expected) => {
  expect(messageFits({ text: "", outcome: "", between: "", ...filter }, { ...message, ...parts })).toBe(expected);
});

import { expect, test } from "vitest";
import { monotonicMs, type NoteOutcome } from "./agent-protocol.js";
import { ChaosNode } from "./chaos-node.js";

/** A node that nothing is asked of. */
class Told extends ChaosNode {
  readonly mesh = "mesh1";
  readonly type = "broker";
  readonly id = "a";
  readonly name = "mesh1.broker.a";
  readonly seed = "a@127.0.0.1:1";
  readonly host = undefined;
  readonly isRunning = true;
  readonly observes = [];
  call = () => Promise.reject(new Error("not asked"));
  crash = () => Promise.resolve(0);
  ended = () => Promise.resolve(null);
  freeze = () => Promise.resolve();
  thaw = () => Promise.resolve();

  say(notes: readonly NoteOutcome[]): void {
    this.told([], notes);
  }
}

test("a message that was sent before is no evidence of what is done now, however it ends", () => {
  const node = new Told();
  const before = monotonicMs();
  node.say([{ kind: "failed", to: "b", code: "MESH_E_TIMEOUT", sentAtMs: before }]);
  expect(node.notes).toHaveLength(1);
  node.forget();
  node.say([
    { kind: "failed", to: "b", code: "MESH_E_TIMEOUT", sentAtMs: before },
    { kind: "acknowledged", to: "b", note: "1", sentAtMs: before },
  ]);
  expect(node.notes).toEqual([]);
  const after: NoteOutcome = { kind: "acknowledged", to: "b", note: "2", sentAtMs: monotonicMs() };
  node.say([after]);
  expect(node.notes).toEqual([after]);
});

/** Confirms an action on a node by its name, takes it, and tells what came of it: the console's word, then the nodes'. */
import type { NodeView } from "@meshwork/console/api-types";
import { useEffect, useRef, useState } from "react";
import { durationText } from "../format/numbers.js";
import { useSession } from "../hooks/use-live.js";
import { FailureNote } from "../parts/failure-note.js";
import { Modal } from "../parts/modal.js";
import { TypeMark } from "../parts/type-mark.js";
import { type ApiFailure, failureOf } from "../state/api-client.js";
import type { NodeActionKind } from "./action-desk.js";
import { ACTION_WORDS } from "./action-words.js";
import { type ActionProgress, runNodeAction } from "./node-action.js";
import { isSeenByAll, othersText, seenText, waitingText } from "./outcome.js";

export interface NodeActionDialogProps {
  readonly kind: NodeActionKind;
  readonly name: string;
  readonly node: NodeView | null;
  readonly onClose: () => void;
}

export function NodeActionDialog({ kind, name, node, onClose }: NodeActionDialogProps) {
  const { api } = useSession();
  const [progress, setProgress] = useState<ActionProgress | null>(null);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const ended = useRef<AbortController>(null);
  useEffect(() => () => ended.current?.abort(), []);
  const { verb, does, harmful } = ACTION_WORDS[kind];
  const pid = node?.process?.pid;

  const act = () => {
    const abort = new AbortController();
    ended.current = abort;
    setFailure(null);
    runNodeAction(api, kind, name, abort.signal, setProgress).catch((error: unknown) => {
      if (!abort.signal.aborted) setFailure(failureOf(error));
    });
  };
  return (
    <Modal title={`${verb} this node?`} onClose={onClose} testId="action-dialog">
      <p className="modal-target">
        <TypeMark type={node?.type ?? ""} />
        <strong className="mono">{name}</strong>
        {pid != null && <span className="muted">process {pid}</span>}
      </p>
      {progress === null ? (
        <>
          <p>{does}</p>
          {node?.process?.shared === true && <p className="warn">It shares its process with other nodes.</p>}
        </>
      ) : (
        failure === null && <Progress kind={kind} progress={progress} />
      )}
      {failure !== null && <FailureNote failure={failure} what={`${verb} of ${name}`} />}
      <div className="modal-foot">
        <button type="button" onClick={onClose}>
          {progress === null ? "Cancel" : "Close"}
        </button>
        {progress === null && (
          <button type="button" className={harmful ? "harmful" : "primary"} onClick={act} data-testid="action-confirm">
            {verb} {name}
          </button>
        )}
      </div>
    </Modal>
  );
}

function Progress({ kind, progress }: { readonly kind: NodeActionKind; readonly progress: ActionProgress }) {
  const { answer, answeredAfterMs, soFar, elapsedMs, done } = progress;
  const all = soFar !== null && isSeenByAll(soFar);
  return (
    <ol className="outcome" role="status" data-testid="action-outcome" data-done={done || undefined}>
      <li>
        {answer === null
          ? "the console is asked…"
          : `the console: ${answer.action} ${answer.result === "done" ? "done" : "was done already"} (${durationText(answeredAfterMs)})`}
        {answer?.pid != null && `, process ${answer.pid}`}
      </li>
      {answer !== null && (
        <li className={done ? (all ? "good" : "warn") : undefined}>
          the nodes:{" "}
          {soFar === null ? "are asked…" : `${seenText(kind, soFar)}${done ? "" : ` … (${waitingText(elapsedMs)})`}`}
          {soFar !== null && !all && othersText(soFar) !== "" && <div className="muted small">{othersText(soFar)}</div>}
        </li>
      )}
    </ol>
  );
}

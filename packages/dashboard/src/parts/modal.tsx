/** A dialog above the page: the browser's own, so that focus stays in it, Escape closes it, and what is behind cannot be reached. */
import { type ReactNode, useEffect, useRef } from "react";

export interface ModalProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly testId: string;
}

export function Modal({ title, onClose, children, testId }: ModalProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog?.open === false) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} className="modal" aria-labelledby="modal-title" onClose={onClose} data-testid={testId}>
      <header>
        <h2 id="modal-title">{title}</h2>
        <button type="button" className="quiet" aria-label="close" onClick={onClose}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}

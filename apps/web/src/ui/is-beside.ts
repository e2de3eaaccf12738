import type { MouseEvent } from 'react'

/** Whether the pointer is on what lies around a dialog, which is told as if it were on the dialog itself. */
export function isBeside({ target, clientX, clientY }: MouseEvent, dialog: HTMLDialogElement | null): boolean {
  if (dialog === null || target !== dialog) return false
  const { left, right, top, bottom } = dialog.getBoundingClientRect()
  return clientX < left || clientX > right || clientY < top || clientY > bottom
}

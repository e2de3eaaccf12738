/** What happens to files that are dragged over the page, and where they are dropped. */
export interface FileDrops {
  readonly onOver?: (isOver: boolean) => void
  readonly onDrop: (files: FileList) => void
}

/**
 * Takes files that are dropped anywhere on the page, which a browser would show in the place of it; until the signal aborts. `isLast`: only where nobody
 * else has taken them.
 */
export function takeFileDrops({ onOver, onDrop }: FileDrops, signal: AbortSignal, { isLast = false }: { readonly isLast?: boolean } = {}): void {
  const listen = (name: 'dragover' | 'dragleave' | 'drop', onEvent: (event: DragEvent) => void): void =>
    // Whoever is last listens where events come to after the document.
    (isLast ? globalThis : document).addEventListener(
      name,
      (event) => {
        if (!(event instanceof DragEvent) || event.dataTransfer?.types.includes('Files') !== true || (isLast && event.defaultPrevented)) return
        event.preventDefault()
        onEvent(event)
      },
      { signal },
    )
  listen('dragover', () => onOver?.(true))
  listen('dragleave', ({ relatedTarget }) => relatedTarget === null && onOver?.(false))
  listen('drop', ({ dataTransfer }) => {
    onOver?.(false)
    if (dataTransfer !== null) onDrop(dataTransfer.files)
  })
}

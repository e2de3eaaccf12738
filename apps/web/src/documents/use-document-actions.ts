import type { Collection, Document, NewDocument } from 'p2p-docstore'
import { useCallback } from 'react'
import { errorText } from '../store/error-text.ts'
import { shorten } from '../ui/short-names.ts'
import { useToast } from '../ui/toasts.tsx'

/** Saving and deleting, with what the user hears of it. */
export interface DocumentActions {
  /** Resolves with what went wrong, `undefined` where nothing did. */
  readonly save: (document: NewDocument, isNew: boolean) => Promise<string | undefined>
  readonly remove: (document: Document) => Promise<void>
}

/** How long a deletion can be undone, milliseconds. */
const UNDO_MS = 12_000

/** Writes to a collection; a deletion can be undone while its message stands. */
export function useDocumentActions({
  collection,
  onWritten,
  onShow,
}: {
  readonly collection: Collection
  readonly onWritten: () => void
  readonly onShow: (id: string) => void
}): DocumentActions {
  const toast = useToast()
  const save = useCallback<DocumentActions['save']>(
    async (document, isNew) => {
      try {
        const { _id } = await collection.put(document)
        onWritten()
        if (isNew) toast({ text: `Added ${nameOf({ ...document, _id })}`, topic: 'added', action: { label: 'Show', run: () => onShow(_id) } })
        return undefined
      } catch (error) {
        return errorText(error)
      }
    },
    [collection, onWritten, onShow, toast],
  )
  const remove = useCallback<DocumentActions['remove']>(
    async (document) => {
      const restore = (): void => {
        collection.put(document).catch((error: unknown) => toast({ text: errorText(error), kind: 'error' }))
      }
      try {
        await collection.delete(document._id)
        onWritten()
        toast({ text: `Deleted ${nameOf(document)}`, action: { label: 'Undo', run: restore, standsMs: UNDO_MS } })
      } catch (error) {
        toast({ text: errorText(error), kind: 'error' })
      }
    },
    [collection, onWritten, toast],
  )
  return { save, remove }
}

function nameOf(document: NewDocument & { readonly _id: string }): string {
  const name = document['name'] ?? document['title']
  return typeof name === 'string' && name !== '' ? `“${name.slice(0, 40)}”` : shorten(document._id)
}

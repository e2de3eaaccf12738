import { type Collection, type Document, DocstoreError, type NewDocument } from 'p2p-docstore'
import { useCallback } from 'react'
import { errorText } from '../store/error-text.ts'
import { namingText } from './naming-fields.ts'
import { fieldChanges } from './field-changes.ts'
import { shorten } from '../ui/short-names.ts'
import { useToast } from '../ui/toasts.tsx'

/** Saving and deleting, with what the user hears of it. */
export interface DocumentActions {
  /** Saves a new document, or what was changed in the one that it was. Resolves with what went wrong, `undefined` where nothing did. */
  readonly save: (document: NewDocument, base: Document | undefined) => Promise<string | undefined>
  readonly remove: (document: Document) => Promise<void>
}

/** How long a deletion can be undone, milliseconds. */
const UNDO_MS = 12_000

/** Writes to a collection; a deletion can be undone while its message stands. */
export function useDocumentActions({
  collection,
  canUndo,
  onWritten,
  onShow,
}: {
  readonly collection: Collection
  /** Whether a document that was deleted can be put again. */
  readonly canUndo: boolean
  readonly onWritten: () => void
  readonly onShow: (id: string) => void
}): DocumentActions {
  const toast = useToast()
  const save = useCallback<DocumentActions['save']>(
    async (document, base) => {
      try {
        const { _id } = base === undefined ? await collection.put(document) : await saveChanges(collection, document, base)
        onWritten()
        if (base === undefined)
          toast({ text: `Added ${nameOf({ ...document, _id })}`, topic: 'added', action: { label: 'Show', run: () => onShow(_id) } })
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
        toast({ text: `Deleted ${nameOf(document)}`, ...(canUndo && { action: { label: 'Undo', run: restore, standsMs: UNDO_MS } }) })
      } catch (error) {
        toast({ text: errorText(error), kind: 'error' })
      }
    },
    [collection, canUndo, onWritten, toast],
  )
  return { save, remove }
}

/** Writes the fields that were changed, so that those which others change meanwhile stay; the whole document where that cannot be said, or it is gone. */
async function saveChanges(collection: Collection, document: NewDocument, base: Document): Promise<{ readonly _id: string }> {
  const changes = fieldChanges(base, document)
  if (changes === undefined) return collection.put(document)
  if (Object.keys(changes).length === 0) return base
  try {
    return await collection.update(base._id, changes)
  } catch (error) {
    if (!(error instanceof DocstoreError) || !WRITTEN_WHOLE.includes(error.code)) throw error
    return collection.put(document)
  }
}

/** Too many fields or too long a path for an update, and a document that was deleted meanwhile. */
const WRITTEN_WHOLE: readonly string[] = ['bad-update', 'not-found']

function nameOf(document: NewDocument & { readonly _id: string }): string {
  const name = namingText(document)
  return name === undefined ? shorten(document._id) : `“${name.slice(0, 40)}”`
}

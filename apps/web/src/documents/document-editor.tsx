import type { Collection, Docstore, Document, NewDocument } from 'p2p-docstore'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { JsonField } from './json-field.tsx'
import { documentText, parseDocumentText, templateText } from './json-text.ts'
import { useNewerDocument } from './use-newer-document.ts'

/** What the editor is opened with. */
export type Edited = { readonly kind: 'new'; readonly neighbour: Document | undefined } | { readonly kind: 'existing'; readonly document: Document }

/** A dialog to write a document as JSON. Ctrl+Enter saves, Escape leaves. */
export function DocumentEditor({
  store,
  namespace,
  collection,
  edited,
  readOnly,
  onSave,
  onDelete,
  onClose,
}: {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly edited: Edited
  readonly readOnly: string | undefined
  readonly onSave: (document: NewDocument, isNew: boolean) => Promise<string | undefined>
  readonly onDelete: (document: Document) => void
  readonly onClose: () => void
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const original = edited.kind === 'existing' ? edited.document : undefined
  const [base, setBase] = useState(original)
  const [text, setText] = useState(() => (edited.kind === 'new' ? templateText(edited.neighbour) : documentText(edited.document)))
  const [failure, setFailure] = useState('')
  const parsed = useMemo(() => parseDocumentText(text), [text])
  const newer = useNewerDocument({ store, namespace, collection, base })
  useEffect(() => {
    dialog.current?.showModal()
    dialog.current?.querySelector('textarea')?.focus()
  }, [])
  const save = async (): Promise<void> => {
    if (!parsed.ok || readOnly !== undefined) return
    if (original !== undefined && parsed.document._id !== original._id) {
      setFailure('The _id names the document and cannot be changed. Add a new document instead')
      return
    }
    const fault = await onSave(parsed.document, original === undefined)
    if (fault === undefined) onClose()
    else setFailure(fault)
  }
  const takeNewer = (): void => {
    if (newer === undefined || newer.document === undefined) return
    setBase(newer.document)
    setText(documentText(newer.document))
  }
  return (
    <dialog ref={dialog} className="editor" data-testid={TEST_IDS.editor} aria-labelledby="editor-title" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save()
        }}
      >
        <header className="section-head">
          <h2 id="editor-title">{original === undefined ? 'New document' : readOnly === undefined ? 'Edit document' : 'Document'}</h2>
          <button type="button" className="button-small" data-testid={TEST_IDS.editorClose} onClick={() => dialog.current?.close()}>
            Close
          </button>
        </header>
        {newer === undefined ? null : (
          <p className="notice" role="status">
            {newer.document === undefined
              ? 'This document was deleted meanwhile. Saving brings it back.'
              : 'This document was changed meanwhile. Saving replaces that change.'}
            {newer.document === undefined ? null : (
              <button type="button" className="button-small" data-testid={TEST_IDS.editorNewer} onClick={takeNewer}>
                Show the newer one
              </button>
            )}
          </p>
        )}
        <JsonField
          text={text}
          parsed={parsed}
          isReadOnly={readOnly !== undefined}
          onChange={(next) => {
            setText(next)
            setFailure('')
          }}
        />
        {failure === '' ? null : (
          <p className="error" role="alert">
            {failure}
          </p>
        )}
        {readOnly === undefined ? null : <p className="hint">{readOnly}.</p>}
        <footer className="actions">
          {readOnly === undefined ? (
            <button type="submit" className="button-primary" data-testid={TEST_IDS.editorSave} disabled={!parsed.ok} title="Ctrl+Enter">
              Save
            </button>
          ) : null}
          {original === undefined || readOnly !== undefined ? null : (
            <button
              type="button"
              className="button-danger"
              data-testid={TEST_IDS.editorDelete}
              onClick={() => {
                onDelete(base ?? original)
                dialog.current?.close()
              }}
            >
              Delete
            </button>
          )}
        </footer>
      </form>
    </dialog>
  )
}

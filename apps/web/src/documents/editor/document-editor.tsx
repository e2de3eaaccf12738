import type { Collection, Docstore, Document, NewDocument } from 'p2p-docstore'
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { FilePart } from '../../files/file-part.tsx'
import { TEST_IDS } from '../../test-ids.ts'
import { isBeside } from '../../ui/is-beside.ts'
import { type Draft, draftOf, dropDraft } from './drafts.ts'
import { DocumentFacts } from './document-facts.tsx'
import { DocumentHistory } from './document-history.tsx'
import { JsonField } from './json-field.tsx'
import { documentText, parseDocumentText, templateText } from './json-text.ts'
import { UnsavedQuestion } from './unsaved-question.tsx'
import { useDraft } from './use-draft.ts'
import { useNewerDocument } from './use-newer-document.ts'

/** What the editor is opened with: an existing document, or the others on the screen for a new one to be like. */
export type Edited = { readonly kind: 'new'; readonly others: readonly Document[] } | { readonly kind: 'existing'; readonly document: Document }

interface DocumentEditorProps {
  readonly store: Docstore
  readonly namespace: string
  readonly collection: Collection
  readonly edited: Edited
  /** How many versions of the document lost. */
  readonly conflicts: number
  readonly readOnly: string | undefined
  readonly onSave: (document: NewDocument, base: Document | undefined) => Promise<string | undefined>
  readonly onConflicts: (id: string) => void
  readonly onDelete: (document: Document) => void
  readonly onClose: () => void
}

/** A dialog to write a document as JSON. Ctrl+Enter saves; whatever else leaves it asks first where something was written. */
export function DocumentEditor({
  store,
  namespace,
  collection,
  edited,
  conflicts,
  readOnly,
  onSave,
  onConflicts,
  onDelete,
  onClose,
}: DocumentEditorProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const original = edited.kind === 'existing' ? edited.document : undefined
  const place = { namespace, collection: collection.name, id: original?._id }
  const [draft, setDraft] = useState(() => draftOf(place))
  const [base, setBase] = useState(() => draft?.base ?? original)
  const [begin, setBegin] = useState(() => (base === undefined ? templateText(edited.kind === 'new' ? edited.others : []) : documentText(base)))
  const [text, setText] = useState(draft?.text ?? begin)
  const [failure, setFailure] = useState('')
  const [isAsking, setAsking] = useState(false)
  /** Text of an earlier version that is shown in the place of the present one. */
  const [shown, setShown] = useState<string>()
  const parsed = useMemo(() => parseDocumentText(text), [text])
  const newer = useNewerDocument({ store, namespace, collection, base })
  const isUnsaved = text !== begin
  const canSave = parsed.ok && readOnly === undefined
  const wasPressedBeside = useRef(false)
  useDraft(place, { text, base, isUnsaved })
  // Before the text field takes the focus, which nothing has in a dialog that is not shown.
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const save = async (): Promise<void> => {
    if (!parsed.ok || !canSave) return
    setAsking(false)
    if (original !== undefined && parsed.document._id !== original._id) {
      setFailure('The _id names the document and cannot be changed. Add a new document instead')
      return
    }
    const fault = await onSave(parsed.document, base)
    if (fault === undefined) leave()
    else setFailure(fault)
  }
  const leave = (): void => {
    dropDraft(place)
    onClose()
  }
  const askToLeave = (): void => {
    if (!isUnsaved) leave()
    else setAsking(true)
  }
  const beginAgain = (document: Document | undefined): void => {
    const next = document === undefined ? begin : documentText(document)
    setBase(document ?? base)
    setBegin(next)
    setText(next)
    setDraft(undefined)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save()
    if (event.key !== 'Escape') return
    // A browser closes a dialog at the second Escape in a row, whatever is said to its `cancel`.
    event.preventDefault()
    event.stopPropagation()
    if (isAsking) setAsking(false)
    else askToLeave()
  }
  return (
    <dialog
      ref={dialog}
      className="editor"
      data-testid={TEST_IDS.editor}
      aria-labelledby="editor-title"
      onKeyDown={onKeyDown}
      onCancel={(event) => {
        event.preventDefault()
        askToLeave()
      }}
      // Closed all the same, as by a phone's way back: what was written stays for the next time.
      onClose={onClose}
      // A selection of text may end beside the dialog without having begun there.
      onPointerDown={(event) => {
        wasPressedBeside.current = isBeside(event, dialog.current)
      }}
      onClick={(event) => {
        if (wasPressedBeside.current && isBeside(event, dialog.current)) askToLeave()
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <header className="section-head">
          <h2 id="editor-title">{original === undefined ? 'New document' : readOnly === undefined ? 'Edit document' : 'Document'}</h2>
          <button type="button" className="button-small" data-testid={TEST_IDS.editorClose} onClick={askToLeave}>
            Close
          </button>
        </header>
        {draft === undefined ? null : <DraftNotice draft={draft} onDiscard={() => beginAgain(undefined)} />}
        {newer === undefined ? null : (
          <NewerNotice document={newer.document} isUnsaved={isUnsaved} onTake={() => newer.document && beginAgain(newer.document)} />
        )}
        {conflicts === 0 || original === undefined ? null : (
          <p className="notice" role="status">
            {conflicts === 1 ? 'A version' : `${conflicts} versions`} of this document lost to one whose writer had not seen it.
            <button type="button" className="button-small" data-testid={TEST_IDS.editorConflicts} onClick={() => onConflicts(original._id)}>
              Look and choose
            </button>
          </p>
        )}
        {collection.name === 'files' && original !== undefined ? <FilePart store={store} namespace={namespace} document={original} /> : null}
        {original === undefined ? null : <DocumentFacts store={store} namespace={namespace} collection={collection} id={original._id} />}
        <JsonField
          label="Document as JSON"
          testId={TEST_IDS.editorText}
          errorTestId={TEST_IDS.editorError}
          takesFocus
          text={text}
          parsed={parsed}
          isReadOnly={readOnly !== undefined}
          onChange={(next) => {
            setText(next)
            setFailure('')
          }}
        />
        {original === undefined ? null : (
          <DocumentHistory
            store={store}
            namespace={namespace}
            collection={collection}
            id={original._id}
            isBlocked={isUnsaved && text !== shown}
            onShow={(document) => {
              setShown(documentText(document))
              setText(documentText(document))
              setFailure('')
            }}
          />
        )}
        {failure === '' ? null : (
          <p className="error" role="alert">
            {failure}
          </p>
        )}
        {readOnly === undefined ? null : <p className="hint">{readOnly}.</p>}
        {isAsking ? (
          <UnsavedQuestion canSave={canSave} onDiscard={leave} onStay={() => setAsking(false)} />
        ) : (
          <footer className="actions">
            {readOnly === undefined ? (
              <button type="submit" className="button-primary" data-testid={TEST_IDS.editorSave} disabled={!canSave} title="Ctrl+Enter">
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
                  leave()
                }}
              >
                Delete
              </button>
            )}
          </footer>
        )}
      </form>
    </dialog>
  )
}

/** Says that there is more in the text than was ever saved. */
function DraftNotice({ draft, onDiscard }: { readonly draft: Draft; readonly onDiscard: () => void }): ReactNode {
  return (
    <p className="notice" role="status">
      This is what you wrote at {new Date(draft.at).toLocaleTimeString()} and did not save.
      <button type="button" className="button-small" data-testid={TEST_IDS.editorDraftDiscard} onClick={onDiscard}>
        Discard it
      </button>
    </p>
  )
}

/** Says that somebody else has written the document since it was opened. */
function NewerNotice({
  document,
  isUnsaved,
  onTake,
}: {
  readonly document: Document | undefined
  readonly isUnsaved: boolean
  readonly onTake: () => void
}): ReactNode {
  return (
    <p className="notice" role="status">
      {document === undefined
        ? 'This document was deleted meanwhile. Saving brings it back.'
        : 'This document was changed meanwhile. Saving writes the fields that you changed, and leaves the others as they are now.'}
      {document === undefined ? null : (
        <button type="button" className="button-small" data-testid={TEST_IDS.editorNewer} onClick={onTake}>
          {isUnsaved ? 'Discard mine, show the newer one' : 'Show the newer one'}
        </button>
      )}
    </p>
  )
}

import type { Document } from 'p2p-docstore'
import { useEffect } from 'react'
import { dropDraft, type DraftPlace, keepDraft } from './drafts.ts'

/** Keeps what is written and not saved for when the page is loaded again, and lets the browser ask before it closes the tab. */
export function useDraft(
  { namespace, collection, id }: DraftPlace,
  { text, base, isUnsaved }: { readonly text: string; readonly base: Document | undefined; readonly isUnsaved: boolean },
): void {
  useEffect(() => {
    if (isUnsaved) keepDraft({ namespace, collection, id }, { text, base: base ?? null, at: Date.now() })
    else dropDraft({ namespace, collection, id })
  }, [namespace, collection, id, text, base, isUnsaved])
  useEffect(() => {
    if (!isUnsaved) return undefined
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault()
    globalThis.addEventListener('beforeunload', ask)
    return () => globalThis.removeEventListener('beforeunload', ask)
  }, [isUnsaved])
}

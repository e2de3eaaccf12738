import type { Docstore } from 'p2p-docstore'
import { useCallback, useEffect, useRef, useState } from 'react'

/** Whether the browser may clear what is stored here, and how much that is. */
export interface Durability {
  /** `asking` while the browser's own question stands on the screen, or somewhere behind an icon, unanswered. */
  readonly state: 'kept' | 'may-be-cleared' | 'asking' | 'not-stored' | 'unknown'
  /** Whether the browser was asked to keep it and did not agree. */
  readonly isRefused: boolean
  readonly usedBytes: number | undefined
  readonly quotaBytes: number | undefined
  /** Asks the browser to keep the data. Does nothing while it has yet to answer. */
  readonly ask: () => void
}

const UNKNOWN: Omit<Durability, 'ask'> = { state: 'unknown', isRefused: false, usedBytes: undefined, quotaBytes: undefined }

/**
 * Whether the browser puts the question to its user. Firefox does, others decide alone, and `permissions.query` says `prompt` in both,
 * so that the name is all there is to tell them apart.
 */
export function asksUser(): boolean {
  return /\bFirefox\//.test(navigator.userAgent)
}

/**
 * How safe the data of this origin is. A browser that decides alone is asked to keep it as soon as the user has written something; one
 * that would disturb its user with a question, which comes better when they know what it is about, only when they wish so.
 */
export function useDurability(store: Docstore, { isStored, hasWritten }: { readonly isStored: boolean; readonly hasWritten: boolean }): Durability {
  const [facts, setFacts] = useState<Omit<Durability, 'ask'>>(UNKNOWN)
  const isAsking = useRef(false)
  const look = useCallback(
    async (wantsMore: boolean) => {
      if (!isStored) return setFacts({ ...UNKNOWN, state: 'not-stored' })
      if (!('storage' in navigator)) return
      try {
        const { usage, quota } = await navigator.storage.estimate()
        setFacts((last) => ({ ...last, usedBytes: usage, quotaBytes: quota }))
        let isKept = await navigator.storage.persisted()
        // A second question would take back the first one, which may still be on the screen.
        if (isAsking.current) return
        if (wantsMore && !isKept) {
          isAsking.current = true
          setFacts((last) => ({ ...last, state: 'asking' }))
          isKept = await navigator.storage.persist().finally(() => {
            isAsking.current = false
          })
        }
        setFacts((last) => ({ ...last, state: isKept ? 'kept' : 'may-be-cleared', isRefused: !isKept && (wantsMore || last.isRefused) }))
      } catch (error) {
        console.warn('The browser does not say whether it keeps the data', error)
        setFacts(UNKNOWN)
      }
    },
    [isStored],
  )
  useEffect(() => void look(hasWritten && !asksUser()), [look, hasWritten, store])
  const ask = useCallback(() => void look(true), [look])
  return { ...facts, ask }
}

import type { Docstore } from 'p2p-docstore'
import { useCallback, useEffect, useState } from 'react'

/** Whether the browser may clear what is stored here, and how much that is. */
export interface Durability {
  readonly state: 'kept' | 'may-be-cleared' | 'not-stored' | 'unknown'
  /** Whether the browser was asked to keep it and did not agree. */
  readonly isRefused: boolean
  readonly usedBytes: number | undefined
  readonly quotaBytes: number | undefined
  /** Asks the browser to keep the data. */
  readonly ask: () => void
}

const UNKNOWN: Omit<Durability, 'ask'> = { state: 'unknown', isRefused: false, usedBytes: undefined, quotaBytes: undefined }

/** How safe the data of this origin is. The browser is asked to keep it as soon as the user has written something. */
export function useDurability(store: Docstore, { isStored, hasWritten }: { readonly isStored: boolean; readonly hasWritten: boolean }): Durability {
  const [facts, setFacts] = useState<Omit<Durability, 'ask'>>(UNKNOWN)
  const look = useCallback(
    async (wantsMore: boolean) => {
      if (!isStored) return setFacts({ ...UNKNOWN, state: 'not-stored' })
      if (!('storage' in navigator)) return
      const isKept = (await navigator.storage.persisted()) || (wantsMore && (await navigator.storage.persist()))
      const { usage, quota } = await navigator.storage.estimate()
      setFacts((last) => ({
        state: isKept ? 'kept' : 'may-be-cleared',
        isRefused: !isKept && (wantsMore || last.isRefused),
        usedBytes: usage,
        quotaBytes: quota,
      }))
    },
    [isStored],
  )
  const lookNow = useCallback((wantsMore: boolean) => void look(wantsMore).catch(() => undefined), [look])
  useEffect(() => lookNow(hasWritten), [lookNow, hasWritten, store])
  const ask = useCallback(() => lookNow(true), [lookNow])
  return { ...facts, ask }
}

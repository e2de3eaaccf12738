import { it } from 'vitest'
import type { Storage } from '../../storage/storage.ts'

/** A storage that a test works on. */
export interface OpenedStorage {
  readonly storage: Storage
  /** Closes it and opens what it kept. One that keeps nothing gives itself. */
  reopen(): Promise<Storage>
  /** The raw bytes of its files, where it has any. */
  files?(): Promise<readonly Uint8Array[]>
  /** Closes it and removes what it kept. */
  cleanup(): Promise<void>
}

/** Opens an empty storage. */
export type OpenStorage = () => Promise<OpenedStorage>

/** Declares tests on a storage of their own each. */
export function testOn(open: OpenStorage): (fact: string, test: (opened: OpenedStorage) => Promise<void>) => void {
  return (fact, test) => {
    it(fact, async () => {
      const opened = await open()
      try {
        await test(opened)
      } finally {
        await opened.cleanup()
      }
    })
  }
}

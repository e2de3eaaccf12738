import { expect, it } from 'vitest'
import { DocstoreError } from '../../errors.ts'
import type { ErrorCode } from '../../error-codes.ts'
import type { Storage } from '../../storage/storage.ts'
import { Tidying } from './tidying.ts'

/** What is due, in a storage that cannot be tidied up for this reason. */
function dueIn(code: ErrorCode): Tidying {
  const scrub = async (): Promise<void> => {
    throw new DocstoreError(code, 'not now')
  }
  const tidying = new Tidying({ scrub } as unknown as Storage)
  tidying.scrubSoon()
  return tidying
}

it('a replica closes where its log cannot be emptied, since another program reads it or there is no room', async () => {
  for (const code of ['disk-full', 'storage-busy'] as const) await expect(dueIn(code).finish()).resolves.toBeUndefined()
  await expect(dueIn('storage-failed').finish()).rejects.toMatchObject({ code: 'storage-failed' })
})

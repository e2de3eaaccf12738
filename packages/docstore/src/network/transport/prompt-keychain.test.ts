import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Logger } from '@libp2p/interface'
import { MemoryDatastore } from 'datastore-core'
import { expect, it, vi } from 'vitest'
import { promptKeychain } from './prompt-keychain.ts'

const nothing = (): void => undefined
const silent: Logger = Object.assign(nothing, { error: nothing, trace: nothing, enabled: false, newScope: () => silent })

it('says without a pause that a key is not there, and gives one that is', async () => {
  const pause = vi.spyOn(globalThis, 'setTimeout')
  const keys = promptKeychain({ datastore: new MemoryDatastore(), logger: { forComponent: () => silent } })
  await expect(keys.exportKey('certificate')).rejects.toMatchObject({ name: 'NotFoundError' })
  const key = await generateKeyPair('ECDSA', 'P-256')
  await keys.importKey('certificate', key)
  expect((await keys.exportKey('certificate')).equals(key)).toBe(true)
  expect(pause).not.toHaveBeenCalled()
})

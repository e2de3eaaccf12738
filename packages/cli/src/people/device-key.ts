import { DocstoreError } from '@p2p-docstore/core'
import type { Docstore } from 'p2p-docstore'

/** Letters of the end of a key that stand for it, at least: beginnings are all alike. */
const MIN_ENDING = 6

/** The key of the device that a person means: a key as it is; or what a device is called, or the last letters of its key. Throws `unknown-device`, and `usage` where several are meant. */
export async function deviceKey(store: Docstore, text: string): Promise<string> {
  const devices = await store.person.devices()
  if (devices.some(({ key }) => key === text)) return text
  const named = devices.filter(({ label }) => label === text)
  const ending = text.replace(/^…/, '')
  const meant = named.length > 0 || ending.length < MIN_ENDING ? named : devices.filter(({ key }) => key.endsWith(ending))
  // One that was called the same, and was revoked, is hardly meant.
  const active = meant.filter(({ until }) => until === undefined)
  const [device, other] = active.length === 0 ? meant : active
  if (other !== undefined)
    throw new DocstoreError(
      'usage',
      `${JSON.stringify(text)} is more than one device. Use a key, or its last letters: ${meant.map(({ key }) => key).join(', ')}`,
    )
  if (device !== undefined) return device.key
  throw new DocstoreError('unknown-device', `${JSON.stringify(text.slice(0, 80))} is no device of this person. docstore device list shows them`)
}

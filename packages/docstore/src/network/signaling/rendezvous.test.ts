import type { Libp2p } from '@libp2p/interface'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { Rendezvous } from './rendezvous.ts'

/** Everyone in it speaks signaling but those named. */
function peerStore(silent: readonly string[] = []): Pick<Libp2p, 'peerStore'> {
  const get = async (id: { toString(): string }) => ({ protocols: silent.includes(id.toString()) ? [] : ['/webrtc-signaling/0.0.1'] })
  return { peerStore: { get } } as unknown as Pick<Libp2p, 'peerStore'>
}

async function peerIds(count: number): Promise<readonly string[]> {
  return Promise.all(Array.from({ length: count }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()))
}

it('knows who keeps a namespace until they leave', async () => {
  const [ada = '', ben = '', cy = '', dan = ''] = await peerIds(4)
  const rendezvous = new Rendezvous(peerStore([dan]))
  rendezvous.note(ada, 'notes')
  rendezvous.note(ada, 'notes')
  rendezvous.note(dan, 'notes')
  // Whoever asks keeps it too.
  expect(await rendezvous.keepers('notes', ben)).toEqual([ada])
  expect(await rendezvous.keepers('notes', ada)).toEqual([ben])
  rendezvous.forget(ada)
  expect(await rendezvous.keepers('notes', cy)).toEqual([ben])
  expect(await rendezvous.keepers('other', cy)).toEqual([])
})

it('names 32 peers of many, and notes 256 namespaces of each', async () => {
  const all = await peerIds(101)
  const [greedy = ''] = all
  const rendezvous = new Rendezvous(peerStore())
  for (const peer of all.slice(1)) rendezvous.note(peer, 'notes')
  expect(new Set(await rendezvous.keepers('notes', greedy)).size).toBe(32)
  for (let i = 0; i < 256; i++) rendezvous.note(greedy, `ns ${i}`)
  expect(await rendezvous.keepers('ns 254', all[1] ?? '')).toEqual([greedy])
  expect(await rendezvous.keepers('ns 255', all[1] ?? '')).toEqual([])
})

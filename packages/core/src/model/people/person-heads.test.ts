import { describe, expect, it } from 'vitest'
import { createGenesis, decodeHead, headWins, signHead, type SignedHead } from '../namespace/namespace.ts'
import { createNetwork } from '../network/network.ts'
import { keyNamed, PersonView } from '../../testing/log-writer.ts'
import { identityFor } from './author.ts'
import { personState } from './person-state.ts'

const { cid: net } = createNetwork('Heads', { nonce: new Uint8Array(16) })
const view = PersonView.create()
view.add('laptop', 'thief')
const device = (name: string) => identityFor(view.person.digest, keyNamed(name))
const genesis = createGenesis({ net, owner: device('laptop'), write: 'owner', nonce: new Uint8Array(16) })
const head = (by: string, epoch: number, seq: number, at = 50): SignedHead =>
  signHead({ net, ns: genesis.cid, epoch, seq, prev: null, at, body: { title: by } }, device(by))
const judged = async ({ bytes, signature }: SignedHead, owner: Parameters<typeof decodeHead>[3]): Promise<string> => {
  const read = await decodeHead(bytes, signature, genesis, owner)
  return read.ok ? 'accepted' : read.reason
}

describe('heads of a namespace that a person owns', () => {
  it('are by devices of that person, and wait for the log', async () => {
    const state = personState(view.person, view.acts)
    expect(await judged(head('laptop', 0, 0), state)).toBe('accepted')
    expect(await judged(head('thief', 0, 1), state)).toBe('accepted')
    expect(await judged(head('laptop', 0, 0), undefined)).toBe('unknown-person')
    expect(await judged(head('stranger', 0, 0), state)).toBe('no-device')
    const alone = signHead(head('laptop', 0, 0).head, keyNamed('laptop'))
    expect(await judged(alone, state)).toBe('not-allowed')
  })

  it('by a thief with the greatest seq, or a huge epoch, lose against the first one after the revocation', async () => {
    const greedy = head('thief', 0, Number.MAX_SAFE_INTEGER, 10)
    const huge = head('thief', Number.MAX_SAFE_INTEGER, 0, 10)
    const owner = view.fork()
    owner.revoke('laptop', 'thief', 20)
    const state = personState(owner.person, owner.acts)
    const anew = head('laptop', state.epoch, 1)
    expect([await judged(greedy, state), await judged(huge, state), await judged(anew, state)]).toEqual(['accepted', 'epoch-ahead', 'accepted'])
    expect(headWins(anew, greedy)).toBe(true)
    expect(await judged(head('thief', 1, 2, 21), state)).toBe('revoked')
    // Before the revocation is here, nobody takes the epoch that it begins.
    expect(await judged(anew, personState(view.person, view.acts))).toBe('epoch-ahead')
    owner.revoke('laptop', 'thief', 20, true)
    expect(await judged(greedy, personState(owner.person, owner.acts))).toBe('revoked')
  })
})

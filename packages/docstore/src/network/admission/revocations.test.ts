import { createNetwork, createRevocation, createSeed, identityFromSeed, openReplica, packSigned, sha256 } from '@p2p-docstore/core'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { describe, expect, it } from 'vitest'
import { Admission } from './admission.ts'
import { Directory } from '../directory/directory.ts'
import { MAX_REVOCATIONS } from '../limits.ts'

const authority = identityFromSeed(createSeed())
const network = createNetwork('club', { admission: 'invite', authorities: [authority.author] })
const revocation = (name: string) => packSigned(createRevocation(network.cid, sha256(name), 1, authority))
const init = { network, peer: 'peer', role: 'relay' } as const

describe('revocations', () => {
  it('are known after a start, and one that could not be written down is with the next', async () => {
    const replica = await openReplica(openNodeStorage(':memory:'), { network: network.bytes })
    let isBroken = true
    const setMeta: typeof replica.setMeta = async (key, value) => {
      if (isBroken) throw new Error('full')
      await replica.setMeta(key, value)
    }
    const meta = { getMeta: replica.getMeta.bind(replica), listMeta: replica.listMeta.bind(replica), setMeta }
    const admission = await Admission.open({ ...init, meta })
    let heard = 0
    admission.onRevocation(() => heard++)
    await expect(admission.revoke(revocation('a'))).rejects.toThrow('full')
    expect(heard).toBe(1)
    isBroken = false
    await admission.revoke(revocation('b'))
    expect((await Admission.open({ ...init, meta })).revocations.length).toBe(2)
    await replica.close()
  })

  it('are heard of where the directory has no room for more', async () => {
    const directory = new Directory({ network, isConnected: () => false })
    let heard = 0
    directory.onEntry(() => heard++)
    for (let i = 0; i <= MAX_REVOCATIONS; i++) await directory.add({ kind: 'revocation', packed: revocation(`${i}`) }, 'a')
    expect(directory.revocations().length).toBe(MAX_REVOCATIONS)
    expect(heard).toBe(MAX_REVOCATIONS + 1)
  })
})

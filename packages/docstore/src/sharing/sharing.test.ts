import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNodeStorage } from '@p2p-docstore/core/storage/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createDocstore, type Docstore, type DocstoreOptions, formatJoinLink, readNetwork } from '../index-node.ts'
import { RpcClient } from '../rpc/rpc.ts'
import { socketPort } from '../rpc/socket-port-node.ts'
import { sharingContract } from '../testing/sharing-contract.ts'

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'docstore-sharing-'))
}

sharingContract('programs on a folder', () => {
  const data = makeFolder()
  return {
    open: ({ network }) => createDocstore({ data, network }),
    cleanup: async () => rmSync(data, { recursive: true, force: true }),
  }
})

describe('a data folder', () => {
  const stores: Docstore[] = []
  const folders: string[] = []

  async function open(options: DocstoreOptions = {}): Promise<Docstore> {
    const store = await createDocstore({ network: 'off', ...options })
    stores.push(store)
    return store
  }

  function folder(): string {
    const path = makeFolder()
    folders.push(path)
    return path
  }

  afterEach(async () => {
    for (const store of stores.splice(0).toReversed()) await store.close()
    for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
  })

  it('outlives a second program that asked for a topic that cannot be', async () => {
    const data = folder()
    const owner = await open({ data, network: 'on' })
    const second = await createDocstore({ data })
    // Past the checks of the second program, as an older version of it would be.
    const socket = connect(join(data, 'docstore.sock'))
    const client = new RpcClient(socketPort(socket))
    await expect(client.call('network.subscribe', [''])).rejects.toMatchObject({ code: 'bad-topic' })
    await expect(second.subscribe('').next()).rejects.toMatchObject({ code: 'bad-topic' })
    client.close()
    await second.close()
    // An error that nobody owns would have failed this run by now.
    await new Promise((done) => setTimeout(done, 50))
    expect(await owner.network?.peerId()).toBeDefined()
  })

  it('goes on with a network where the program ends that had one, though no relay is known', async () => {
    const data = folder()
    const owner = await open({ data, network: 'on' })
    const { id } = await owner.namespaces.create({ name: 'notes' })
    const second = await open({ data, network: 'auto' })
    expect(second.network).toBeDefined()
    await owner.close()
    await second.network?.want(id)
    expect(second.isOwner).toBe(true)
    expect(await second.peers()).toEqual([])
  })

  it('lets nobody else on the machine read the database, which holds the keys', async () => {
    const data = folder()
    chmodSync(data, 0o755)
    await open({ data })
    for (const file of readdirSync(data)) expect([file, statSync(join(data, file)).mode & 0o077]).toEqual([file, 0])
  })

  it('says that the owner does not answer, instead of waiting for it for ever', { timeout: 20_000 }, async () => {
    const data = folder()
    const storage = openNodeStorage(join(data, 'docstore.db'))
    const silent = createServer().listen(join(data, 'docstore.sock'))
    try {
      await expect(createDocstore({ data, network: 'off' })).rejects.toMatchObject({ code: 'data-in-use' })
    } finally {
      silent.close()
      await storage.close()
    }
  })

  it('keeps documents that others may know where they are, when it is opened with the link of another network', async () => {
    const data = folder()
    const store = await createDocstore({ data, network: 'off' })
    await store.namespaces.create({ name: 'notes' })
    await store.replica.setMeta('network-met', Uint8Array.of(1))
    await store.close()
    const foreign = formatJoinLink('http://127.0.0.1:1', readNetwork((await open()).info.network.descriptor))
    await expect(createDocstore({ data, network: 'off', join: 'nonsense' })).rejects.toMatchObject({ code: 'bad-link' })
    await expect(createDocstore({ data, network: 'off', join: `${foreign}x` })).rejects.toMatchObject({ code: 'bad-link' })
    const other = await open({ data, network: 'off', join: foreign })
    expect((await other.networks()).map(({ id, isUsed }) => [id, isUsed])).toEqual([
      [store.info.network.id, false],
      [other.info.network.id, true],
    ])
    expect((await (await other.inNetwork(store.info.network.id)).namespaces.list()).map(({ name }) => name)).toEqual(['notes'])
  })
})

import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cidOfBytes, DAG_CBOR } from '@p2p-docstore/core'
import { afterEach, describe, expect, it } from 'vitest'
import { DomainProofs } from './domain-proof.ts'
import { isPublicHost } from './public-host-node.ts'

const alice = cidOfBytes(DAG_CBOR, 'alice')
/** As the guide has it. */
const [, EXAMPLE = ''] = /```json\n(.*?)```/s.exec(readFileSync(new URL('../../../../../docs/guides/names.md', import.meta.url), 'utf8')) ?? []
const FILE = EXAMPLE.replace('bafyrei…', alice.toString())
const HOUR = 60 * 60_000
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** A web server of a domain; gives its name with the port. */
async function domain(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a name of a domain', () => {
  it('is proven where both say so, asked once a day', async () => {
    let [asked, now] = [0, 0]
    const host = await domain((request, response) => {
      asked++
      expect(request.url).toBe('/.well-known/docstore-names.json?name=alice')
      response.end(FILE)
    })
    const claimed: string[] = []
    const proofs = new DomainProofs({ anyHost: true, now: () => now, claimedBy: async () => claimed })
    expect(await proofs.check(`alice@${host}`)).toMatchObject({ state: 'one-sided', person: alice })
    claimed.push(`Alice@${host}`)
    const all = await Promise.all(Array.from({ length: 5 }, () => proofs.check(`alice@${host}`)))
    expect(all.every(({ state, until }) => state === 'proven' && until === 24 * HOUR)).toBe(true)
    expect(asked).toBe(1)
    now = 24 * HOUR
    await Promise.all([proofs.check(`alice@${host}`), proofs.check(`alice@${host}`)])
    expect(asked).toBe(2)
    await proofs.check(`alice@${host}`, { fresh: true })
    expect(asked).toBe(3)
  })

  it('is unknown where the domain does not say whose it is, and is asked for again soon', async () => {
    let [status, now] = [404, 0]
    const host = await domain((_, response) => response.writeHead(status).end(status === 404 ? 'nothing' : FILE))
    const proofs = new DomainProofs({ anyHost: true, now: () => now, claimedBy: async () => [`alice@${host}`] })
    expect(await proofs.check(`alice@${host}`)).toMatchObject({ state: 'unknown' })
    status = 200
    now = 9 * 60_000
    expect(await proofs.check(`alice@${host}`)).toMatchObject({ state: 'unknown' })
    now = 10 * 60_000
    expect(await proofs.check(`alice@${host}`)).toMatchObject({ state: 'proven' })
    expect(await proofs.check(`bob@${host}`)).toMatchObject({ state: 'unknown' })
  })

  it('is not looked for elsewhere, in files without end, or where nobody answers', async () => {
    const elsewhere = await domain((_, response) => response.end(FILE))
    const redirecting = await domain((_, response) =>
      response.writeHead(302, { location: `http://${elsewhere}/.well-known/docstore-names.json` }).end(),
    )
    let sent = 0
    const endless = await domain((_, response) => {
      const more = (): boolean => response.write(Buffer.alloc(16_384, 0x20), () => !response.destroyed && (sent += 16_384) < 100_000_000 && more())
      more()
    })
    const failing = await domain((_, response) => response.writeHead(500).end())
    const cutting = await domain((_, response) => response.destroy())
    const proofs = new DomainProofs({ anyHost: true, claimedBy: async () => [] })
    const stateOf = async (host: string): Promise<string> => (await proofs.check(`alice@${host}`)).state
    expect(await stateOf(redirecting)).toBe('unreachable')
    expect(await stateOf(endless)).toBe('unknown')
    expect(sent).toBeLessThan(50_000_000)
    expect(await stateOf(failing)).toBe('unreachable')
    expect(await stateOf(cutting)).toBe('unreachable')
    expect(await stateOf('127.0.0.1:1')).toBe('unreachable')
  })

  it('is not waited for longer than a while, whether the domain is silent or never ends what it says', async () => {
    const silent = await domain(() => undefined)
    const dripping = await domain((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    })
    const proofs = new DomainProofs({ anyHost: true, timeoutMs: 150, claimedBy: async () => [] })
    const states = await Promise.all([silent, dripping].map(async (host) => (await proofs.check(`alice@${host}`)).state))
    expect(states).toEqual(['unreachable', 'unreachable'])
  })

  it('is asked of public domains alone, unless that is wished', async () => {
    const proofs = new DomainProofs({ claimedBy: async () => [] })
    for (const text of ['alice@router.lan', 'alice@printer.local', 'alice@home.arpa.internal'])
      await expect(proofs.check(text), text).rejects.toMatchObject({ code: 'private-host' })
    for (const text of ['alice', 'alice@localhost', 'alice@127.0.0.1', 'аlice@example.org', 'alice@127.0.0.1:80'])
      await expect(proofs.check(text), text).rejects.toMatchObject({ code: 'bad-username' })
    expect(await isPublicHost('localhost')).toBe(false)
    expect(await isPublicHost('10.0.0.1')).toBe(false)
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { multiaddr } from '@multiformats/multiaddr'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Relay, type RelayOptions, startRelay } from './index.ts'
import { TEST_CERTIFICATES } from './testing/certificates.ts'

const cleanups: (() => unknown)[] = []
const trusted = getCACertificates()
beforeAll(() => setDefaultCACertificates([...trusted, ...TEST_CERTIFICATES.map(({ cert }) => cert)]))
afterAll(() => setDefaultCACertificates(trusted))
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function relay(options: Partial<RelayOptions> = {}): Promise<Relay> {
  const data = folder()
  const started = await startRelay({ data, port: 0, ...options })
  cleanups.push(() => started.close())
  return started
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'relay-test-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Certificate and key in files, and the way to write others into them. */
function certificateFiles(): { files: { cert: string; key: string }; write: (n: number) => void } {
  const path = folder()
  const files = { cert: join(path, 'cert.pem'), key: join(path, 'key.pem') }
  const write = (n: number): void => {
    writeFileSync(files.cert, TEST_CERTIFICATES[n]?.cert ?? 'nonsense')
    writeFileSync(files.key, TEST_CERTIFICATES[n]?.key ?? 'nonsense')
  }
  write(0)
  return { files, write }
}

async function client(link: string): Promise<Docstore> {
  const store = await createDocstore({ join: link })
  cleanups.push(() => store.close())
  return store
}

/** The certificate that a port shows. */
function shownCertificate(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      resolve(socket.getPeerX509Certificate()?.toString().trim() ?? '')
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  )

describe('the port of the page', () => {
  it('lets peers in over WebSocket', async () => {
    const { ready } = await relay()
    const store = await client(ready.join)
    const { port } = new URL(ready.http)
    const connection = await store.libp2p?.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${ready.peer}`), { force: true })
    expect(connection?.remoteAddr.toString()).toContain(`/tcp/${port}/ws`)
    expect((await fetch(`${ready.http}/health`)).status).toBe(200)
  })

  it('has a certificate, for the page and for WebSocket, and tells peers so', async () => {
    const { files } = certificateFiles()
    const { ready } = await relay({ tls: files })
    const { port } = new URL(ready.http)
    const address = `/ip4/127.0.0.1/tcp/${port}/tls/ws/p2p/${ready.peer}`
    expect(ready).toMatchObject({ http: `https://127.0.0.1:${port}`, origin: `https://127.0.0.1:${port}` })
    expect(ready.join.startsWith(`https://127.0.0.1:${port}/j/bjoin`)).toBe(true)
    expect(ready.addresses).toContain(address)
    const wellKnown = (await (await fetch(`${ready.origin}/.well-known/docstore.json`)).json()) as { origin: string; addresses: string[] }
    expect(wellKnown).toMatchObject({ origin: ready.origin, addresses: ready.addresses })

    const store = await client(ready.join)
    const notes = await store.namespaces.create({ name: 'notes' })
    await notes.put({ _id: 'one' })
    expect(await notes.delivered()).toEqual([ready.peer])
    const connection = await store.libp2p?.dial(multiaddr(address), { force: true })
    expect(connection?.remoteAddr.toString()).toBe(address)
  })

  it('takes up a renewed certificate while it runs, and keeps the old one where the new one is no good', async () => {
    const { files, write } = certificateFiles()
    const { ready, onCertificate } = await relay({ tls: files })
    const port = Number(new URL(ready.http).port)
    const changes: unknown[] = []
    onCertificate((error) => changes.push(error))
    const last = (): unknown => changes.at(-1)
    expect(await shownCertificate(port)).toBe(TEST_CERTIFICATES[0]?.cert.trim())

    write(1)
    await expect.poll(() => shownCertificate(port)).toBe(TEST_CERTIFICATES[1]?.cert.trim())
    write(2)
    await expect.poll(last).toMatchObject({ code: 'bad-certificate' })
    expect(await shownCertificate(port)).toBe(TEST_CERTIFICATES[1]?.cert.trim())
  })

  it('is called what the operator says: in links, in addresses, in the directory', async () => {
    const { ready, store } = await relay({ publicUrl: 'https://relay.example' })
    const own = async (): Promise<unknown> => (await store.directory()).find(({ isSelf }) => isSelf)
    await expect.poll(own).toMatchObject({
      role: 'relay',
      origin: 'https://relay.example',
      services: ['relay', 'signaling', 'discovery', 'directory', 'storage', 'profiles', 'gateway', 'messages'],
    })
    expect(ready.join.startsWith('https://relay.example/j/bjoin')).toBe(true)
    expect(ready.http).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect(ready.addresses).toContain(`/dns/relay.example/tcp/443/tls/ws/p2p/${ready.peer}`)
    // Where it has others, its own machine is none of them.
    expect(ready.addresses.some((address) => address.startsWith('/ip4/127.0.0.1/'))).toBe(false)
    const neighbour = await client(ready.join.replace(ready.origin, ready.http))
    expect(await neighbour.network?.connected({ timeoutMs: 60_000 })).toBe(1)
  })
})

describe('what a relay tells others', () => {
  it('is what the operator announces, with the certificate of WebRTC filled in', async () => {
    const { ready } = await relay({ announce: ['/ip4/203.0.113.7/tcp/8081', '/ip4/203.0.113.7/udp/8083/webrtc-direct'] })
    expect(ready.addresses).toEqual([
      `/ip4/203.0.113.7/tcp/8081/p2p/${ready.peer}`,
      expect.stringMatching(/^\/ip4\/203\.0\.113\.7\/udp\/8083\/webrtc-direct\/certhash\/[^/]+\/p2p\/[^/]+$/),
    ])
  })

  it('is refused where it makes no sense', async () => {
    const { files, write } = certificateFiles()
    expect(await codeOf(startRelay({ data: folder(), port: 0, announce: ['relay.example:8081'] }))).toBe('bad-address')
    for (const publicUrl of ['relay.example', 'ftp://relay.example', 'https://relay.example/docstore'])
      expect(await codeOf(startRelay({ data: folder(), port: 0, publicUrl }))).toBe('bad-url')
    write(2)
    expect(await codeOf(startRelay({ data: folder(), port: 0, tls: files }))).toBe('bad-certificate')
    const missing = { cert: join(folder(), 'none.pem'), key: files.key }
    expect(await codeOf(startRelay({ data: folder(), port: 0, tls: missing }))).toBe('bad-certificate')
  })
})

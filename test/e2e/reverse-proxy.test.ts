import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Relay, startRelay } from '@p2p-docstore/relay'
import { createDocstore } from 'p2p-docstore'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TEST_CERTIFICATES } from '../../packages/relay/src/testing/certificates.ts'

const EXAMPLE = new URL('../../examples/reverse-proxy/nginx.conf', import.meta.url)
const trusted = getCACertificates()
const folder = mkdtempSync(join(tmpdir(), 'docstore-proxy-'))
const hasNginx = isInstalled('nginx')
if (!hasNginx) console.warn('The reverse proxy example is not tested: nginx is not installed')

let nginx: ChildProcess
let relay: Relay
let origin: string

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The example as it is, but for the name, the files and the ports of this machine. */
function configuration(httpsPort: number, relayPort: number): string {
  const example = readFileSync(EXAMPLE, 'utf8')
    .replace('listen 443 ssl', `listen 127.0.0.1:${httpsPort} ssl`)
    .replace('/etc/letsencrypt/live/relay.example/fullchain.pem', join(folder, 'cert.pem'))
    .replace('/etc/letsencrypt/live/relay.example/privkey.pem', join(folder, 'key.pem'))
    .replace('server_name relay.example', 'server_name localhost')
    .replace('127.0.0.1:8080', `127.0.0.1:${relayPort}`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')
  return `daemon off;\npid ${folder}/nginx.pid;\nerror_log ${folder}/error.log;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${example}\n}\n`
}

beforeAll(async () => {
  if (!hasNginx) return
  setDefaultCACertificates([...trusted, ...TEST_CERTIFICATES.map(({ cert }) => cert)])
  const [httpsPort, relayPort] = [await freePort(), await freePort()]
  origin = `https://localhost:${httpsPort}`
  writeFileSync(join(folder, 'cert.pem'), TEST_CERTIFICATES[0]?.cert ?? '')
  writeFileSync(join(folder, 'key.pem'), TEST_CERTIFICATES[0]?.key ?? '')
  writeFileSync(join(folder, 'nginx.conf'), configuration(httpsPort, relayPort))
  // No other address than that of the proxy: what arrives came through it.
  const announce = [`/dns/localhost/tcp/${httpsPort}/tls/ws`]
  relay = await startRelay({ data: join(folder, 'relay'), port: relayPort, publicUrl: origin, announce })
  nginx = spawn('nginx', ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' })
  await vi.waitUntil(async () => (await fetch(`${origin}/health`).catch(() => undefined))?.ok, { timeout: 10_000 })
})

afterAll(async () => {
  setDefaultCACertificates(trusted)
  if (nginx?.exitCode === null) {
    const ended = once(nginx, 'exit')
    nginx.kill('SIGTERM')
    await ended
  }
  await relay?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.skipIf(!hasNginx)('a relay behind the nginx of the example', () => {
  it('shows its page, and says where it is reached', async () => {
    expect(relay.ready.join.startsWith(`${origin}/j/bjoin`)).toBe(true)
    expect((await fetch(origin)).status).toBe(200)
    expect(await (await fetch(`${origin}/.well-known/docstore.json`)).json()).toMatchObject({ origin, addresses: relay.ready.addresses })
  })

  it('lets peers in over WebSocket, and carries documents from one to the other', async () => {
    await using ada = await createDocstore({ join: relay.ready.join })
    await using ben = await createDocstore({ join: relay.ready.join })
    const notes = await ada.namespaces.create({ name: 'notes', write: 'anyone' })
    await notes.put({ _id: 'one', text: 'through the proxy' })
    expect(await notes.delivered()).toEqual([relay.ready.peer])
    const same = await ben.namespaces.open(notes.id)
    await same.sync()
    expect(await same.get('one')).toEqual({ _id: 'one', text: 'through the proxy' })
    expect((await ben.peers()).map(({ via, state }) => [via, state])).toEqual([['websocket', 'connected']])
    await same.put({ _id: 'two', text: 'live' })
    await expect.poll(() => notes.get('two')).toEqual({ _id: 'two', text: 'live' })
  })
})

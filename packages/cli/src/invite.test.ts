import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DocstoreProcess, type Ready, Workbench } from './testing/docstore-process.ts'

interface Invited {
  readonly id: string
  readonly join: string
  readonly text: string
}

const bench = new Workbench()
const [relayData, member, outsider] = [bench.folder(), bench.folder(), bench.folder()]
let relay: DocstoreProcess
let ready: Ready

beforeAll(async () => {
  const started = await bench.relay(relayData, '--invite-only', '--name', 'club')
  relay = started.relay
  ready = started.ready
})
afterAll(() => bench.close())

const peers = (data: string): Promise<{ state: string; error: string | null }[]> => bench.json(['peers', '--data', data])

describe('a relay that admits only who is invited', () => {
  it('serves who came with an invitation, and tells others why not', async () => {
    const invited = await bench.json<Invited>(['invite', '--label', 'Ada', '--expires', '30', '--data', relayData])
    expect(invited).toMatchObject({ label: 'Ada', identity: null, state: 'valid', expires: expect.stringMatching(/^20.*Z$/) })
    expect(invited.join).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/j\/#bjoin[a-z2-7]+$/)
    expect(invited.join.endsWith(`/j/#${invited.text}`)).toBe(true)
    await bench.json(['join', invited.text, '--data', member])
    expect(await peers(member)).toMatchObject([{ state: 'connected' }])
    // What a file of settings leaves of it outside quotation marks.
    expect(await bench.failure(['join', invited.join.split('#')[0] ?? '', '--data', outsider])).toMatchObject({ exit: 1, code: 'bad-link' })
    // The relay's own link is no invitation; of one of an earlier version with an invitation, a shell leaves as much without quotation marks.
    const { descriptor } = await bench.json<{ descriptor: string }>(['network', 'show', '--data', relayData])
    const cut = await bench.run(['join', `${ready.http}/#join=${descriptor}`, '--data', outsider])
    expect(cut).toMatchObject({ code: 0, stderr: expect.stringContaining('quotation marks') })
    await bench.json(['join', ready.join, '--data', outsider])
    expect(await peers(outsider)).toMatchObject([{ state: 'connecting', error: expect.stringContaining('invited') }])
    expect(JSON.parse(await relay.line('peer-turned-away'))).toMatchObject({ reason: 'not-invited' })
    const [kept, told] = [await bench.run(['namespace', 'create', 'lone', '--data', outsider]), 'No relay lets this peer in']
    expect(kept).toMatchObject({ code: 0, stderr: expect.stringMatching(new RegExp(`${told}.*not-invited`)) })
    expect(await bench.failure(['sync', 'lone', '--data', outsider])).toMatchObject({ exit: 1, code: 'not-invited' })
    const notes = await bench.json(['namespace', 'create', 'notes', '--data', member])
    expect(notes).toMatchObject({ copies: 1 })
    expect((await fetch(`${ready.http}/ns/${String(notes['id'])}/docs`)).status).toBe(404)
  })

  it('shows out whose invitation is taken back', async () => {
    const [{ id } = { id: '' }] = await bench.json<Invited[]>(['invite', 'list', '--data', relayData])
    expect(await bench.json(['invite', 'revoke', id.slice(0, 8), '--data', relayData])).toMatchObject({ id, state: 'revoked' })
    expect(await bench.json(['invite', 'list', '--data', relayData])).toMatchObject([{ id, label: 'Ada', state: 'revoked' }])
    expect((await peers(member))[0]).toMatchObject({ state: 'connecting', error: expect.stringContaining('taken back') })
    expect(await bench.failure(['invite', 'revoke', 'ffff0000', '--data', relayData])).toMatchObject({
      exit: 1,
      code: 'unknown-invitation',
      message: expect.stringContaining(`\`docstore --data ${relayData} invite list\` shows them`),
    })
  })

  it('invites an identity without a secret; nobody else can use that link', async () => {
    const { identity } = await bench.json<{ identity: string }>(['id', '--data', outsider])
    const { join } = await bench.json<Invited>(['invite', '--for', identity, '--data', relayData])
    await bench.json(['join', join, '--data', outsider])
    expect(await peers(outsider)).toMatchObject([{ state: 'connected' }])
    expect(await bench.failure(['join', join, '--data', member])).toMatchObject({ exit: 1, code: 'bad-invitation' })
    expect(await bench.failure(['invite', '--data', outsider])).toMatchObject({ exit: 1, code: 'not-authority' })
    expect(await bench.failure(['invite', '--for', 'did:key:nobody', '--data', relayData])).toMatchObject({ exit: 1, code: 'bad-identity' })
  })

  it('shows its network and the link into it', async () => {
    const shown = await bench.json(['network', 'show', '--data', relayData])
    expect(shown).toMatchObject({ id: ready.network, name: 'club', admission: 'invite', authorities: [expect.stringMatching(/^did:key:z6Mk/)] })
    expect(await bench.json(['network', 'link', '--data', member])).toEqual({ join: ready.join, text: ready.text, relays: [ready.http] })
    expect((await bench.run(['network', 'link', '--qr', '--data', member])).stdout).toMatch(/█|▀|▄/)
    await relay.stop()
  })
})

describe('`network create`', () => {
  it('makes a network for fresh data, and one more for data that is in one', async () => {
    const data = bench.folder()
    const { identity } = await bench.json<{ identity: string }>(['id', '--data', data])
    const made = await bench.json(['network', 'create', 'mine', '--invite-only', '--stun', 'stun:stun.example:3478', '--data', data])
    expect(made).toMatchObject({ name: 'mine', admission: 'invite', authorities: [identity], stun: ['stun:stun.example:3478'] })
    expect(await bench.json(['network', 'show', '--data', data])).toMatchObject({ id: made['id'], relays: [] })
    expect((await bench.run(['network', 'show', '--data', data])).stdout).toContain('this network exists in this folder only')
    expect(await bench.failure(['network', 'link', '--data', data])).toMatchObject({ exit: 1, code: 'no-relay' })
    expect(await bench.failure(['network', 'create', 'x', '--stun', 'http://x', '--data', data])).toMatchObject({
      exit: 2,
      message: expect.stringMatching(/--stun.*stun:stun\.example/),
    })
    expect(await bench.failure(['network', 'show', '--data', bench.folder()])).toMatchObject({ exit: 1, code: 'no-network' })
    await bench.json(['namespace', 'create', 'notes', '--data', data])
    // Whoever began alone takes the documents along.
    const alone = bench.folder()
    const { id } = await bench.json(['namespace', 'create', 'notes', '--data', alone])
    const club = await bench.run(['network', 'create', 'club', '--invite-only', '--data', alone])
    expect(club).toMatchObject({ code: 0, stderr: expect.stringContaining('in the network "club" now') })
    expect(await bench.json(['count', String(id), '--data', alone])).toEqual({ count: 0 })
    await bench.json(['network', 'create', 'other', '--data', data])
    const both = await bench.json<{ name: string; used: boolean; namespaces: number }[]>(['network', 'list', '--data', data])
    expect(both.map(({ name, used, namespaces }) => [name, used, namespaces])).toEqual([
      ['mine', false, 1],
      ['other', true, 0],
    ])
  })
})

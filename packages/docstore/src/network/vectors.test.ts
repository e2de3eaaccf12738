import { readFileSync } from 'node:fs'
import { decodeNetwork, type Network, type Verdict, verifySignature } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { networkVectors } from '../../../../vectors/generate-network.ts'
import { vectorText } from '../../../../vectors/vector-file.ts'
import { Admission } from './admission/admission.ts'
import { decodeInvitation, encodeInvitation } from './admission/invitation.ts'
import { formatJoinLink, formatJoinText, parseJoinLink } from './admission/join-link.ts'
import { readEntry } from './directory/entry.ts'
import { decodeNamesRequest, decodeNamesResponse, encodeNames } from './names/messages.ts'
import { decodeContentRequest, decodeContentResponse, encodeContent } from './content/messages.ts'
import { decodeFindRequest, decodeFindResponse, encodeFind, findHash } from './people/messages.ts'
import { decodeStatusRequest, decodeStatusResponse, encodeStatusMessage } from './placement/messages.ts'
import { decodeProfilesRequest, decodeProfilesResponse, encodeProfiles } from './profiles/messages.ts'
import { decodeDirectoryRequest, decodeDirectoryResponse, encodeMessage } from './directory/messages.ts'

const directory = new URL('../../../../vectors/', import.meta.url)
const textOf = (name: string): string => readFileSync(new URL(name, directory), 'utf8')
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The cases of a file. What lies in them is described by the file; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string }
const load = (name: string): { context: Case; valid: Case[]; invalid: Case[] } => JSON.parse(textOf(name))

function valueOf<T>(verdict: Verdict<T>): T {
  if (!verdict.ok) throw new Error(`refused: ${verdict.reason}`)
  return verdict.value
}

const networkOf = (hex: string): Network => valueOf(decodeNetwork(bytesOf(hex)))

it.each(Object.entries(networkVectors()))('the generator gives %s as it lies on disk', (name, file) => {
  expect(vectorText(file)).toBe(textOf(name))
})

describe('invitation.json', () => {
  const { valid, invalid } = load('invitation.json')
  it.each(valid)('reads an invitation $name', ({ bytes, text, certificate, seed }) => {
    const invitation = decodeInvitation(bytesOf(bytes))
    expect(invitation).toEqual({ certificate: bytesOf(certificate), seed: seed && bytesOf(seed) })
    expect(invitation && hexOf(encodeInvitation(invitation))).toBe(bytes)
    expect(text).toBe(`u${Buffer.from(bytesOf(bytes)).toString('base64url')}`)
  })
  it.each(invalid)('refuses an invitation that is $name', ({ bytes }) => {
    expect(decodeInvitation(bytesOf(bytes))).toBeUndefined()
  })
})

describe('greeting.json', () => {
  const { context, valid, invalid } = load('greeting.json')
  const meta = { getMeta: async () => undefined, setMeta: async () => undefined, listMeta: async () => [] }
  async function admission(name: string): Promise<Admission> {
    const network = networkOf(context['networks'][name])
    const opened = await Admission.open({ network, peer: 'somebody', role: 'relay', meta, now: () => context['now'] })
    if (name === 'invite') for (const packed of context['revocations']) expect(await opened.revoke(bytesOf(packed))).toBe(true)
    return opened
  }
  it.each(valid)('lets in $name', async ({ network, frame, peer, role, identity, invitation, services }) => {
    expect(await (await admission(network)).judge(bytesOf(frame), peer)).toEqual({
      role,
      identity: identity ?? undefined,
      invitation: (invitation ?? undefined) && expect.objectContaining(invitation),
      services: services ?? undefined,
    })
  })
  it.each(invalid)('refuses $name', async ({ network, frame, peer, code }) => {
    await expect((await admission(network)).judge(bytesOf(frame), peer)).rejects.toMatchObject({ code })
  })
})

describe('directory.json', () => {
  const { context, valid, invalid } = load('directory.json')
  const network = networkOf(context['descriptor'])
  const read = ({ kind, packed }: Case) => readEntry({ kind, packed: bytesOf(packed) }, network, context['now'])
  it.each(valid)('reads $name', async (entry) => {
    const value = valueOf(await read(entry))
    const { kind, slot, hash, at } = entry
    expect([value.kind, hexOf(value.slot), hexOf(value.hash), value.at]).toEqual([kind, slot, hash, at])
    if (value.kind === 'peer')
      expect([value.peer, value.identity ?? null, value.isRelay]).toEqual([entry['peer'], entry['identity'], entry['isRelay']])
    else expect(hexOf(value.revocation.certificate)).toBe(entry['certificate'])
  })
  it.each(invalid)('refuses $name', async (entry) => {
    expect(await read(entry)).toEqual({ ok: false, reason: entry['reason'] })
  })
})

describe('join-link.json', () => {
  const { context, valid, invalid } = load('join-link.json')
  it.each(valid)('reads a link $name', ({ link, network, origins, invitation }) => {
    const read = parseJoinLink(link)
    expect(read.network?.id).toBe(network)
    expect(read.origins).toEqual(origins)
    expect(read.invitation ?? null).toEqual(invitation && { certificate: bytesOf(invitation.certificate), seed: bytesOf(invitation.seed) })
  })
  it('is written in the first two of these forms', () => {
    const [text, link] = valid
    expect(formatJoinText(text?.['origins'][0], networkOf(context['descriptor']))).toBe(text?.['link'])
    expect(formatJoinLink(link?.['origins'][0], networkOf(context['descriptor']))).toBe(link?.['link'])
  })
  it.each(invalid)('refuses a link where $name', ({ link, reason }) => {
    expect(() => parseJoinLink(link)).toThrow(expect.objectContaining({ code: reason }))
  })
})

describe('frames.json, those of the directory', () => {
  const { valid, invalid } = load('frames.json')
  const ours = ({ protocol }: Case): boolean => protocol === 'directory'
  const decode = ({ side, frame, zeros = 0 }: Case) =>
    (side === 'request' ? decodeDirectoryRequest : decodeDirectoryResponse)(Uint8Array.from([...bytesOf(frame), ...new Uint8Array(zeros)]))
  it.each(valid.filter(ours))('reads and writes $name', (one) => {
    expect(hexOf(encodeMessage(valueOf<Parameters<typeof encodeMessage>[0]>(decode(one))))).toBe(one['frame'])
  })
  it.each(invalid.filter(ours))('refuses $name', (one) => {
    expect(decode(one)).toEqual({ ok: false, reason: one['reason'] })
  })
})

describe('frames.json, those of content', () => {
  const { valid, invalid } = load('frames.json')
  const ours = ({ protocol }: Case): boolean => protocol === 'content'
  const decode = ({ side, frame, zeros = 0 }: Case) =>
    (side === 'request' ? decodeContentRequest : decodeContentResponse)(Uint8Array.from([...bytesOf(frame), ...new Uint8Array(zeros)]))
  it.each(valid.filter(ours))('reads and writes $name', (one) => {
    const frame = hexOf(encodeContent(valueOf<Parameters<typeof encodeContent>[0]>(decode(one))))
    expect(frame).toBe(`${one['frame']}${'00'.repeat(one['zeros'] ?? 0)}`)
  })
  it.each(invalid.filter(ours))('refuses $name', (one) => {
    expect(decode(one)).toEqual({ ok: false, reason: one['reason'] })
  })
})

describe('frames.json, those of people', () => {
  const { valid, invalid } = load('frames.json')
  const ours = ({ protocol }: Case): boolean => protocol === 'people'
  const decode = ({ side, frame }: Case) => (side === 'request' ? decodeFindRequest : decodeFindResponse)(bytesOf(frame))
  it.each(valid.filter(ours))('reads and writes $name', (one) => {
    expect(hexOf(encodeFind(valueOf<Parameters<typeof encodeFind>[0]>(decode(one))))).toBe(one['frame'])
  })
  it.each(invalid.filter(ours))('refuses $name', (one) => {
    expect(decode(one)).toEqual({ ok: false, reason: one['reason'] })
  })
  it('has a request that is signed for one asker and one relay', async () => {
    const [one] = valid.filter(({ find }) => find !== undefined)
    const { key, signature } = valueOf(decodeFindRequest(bytesOf(one?.['frame'])))
    const { network, asker, relay } = one?.['find'] ?? {}
    expect(await verifySignature(key, 'find', findHash(network, asker, relay), signature)).toBe(true)
    expect(await verifySignature(key, 'find', findHash(network, relay, asker), signature)).toBe(false)
  })
})

describe('frames.json, those of profiles', () => {
  const { valid, invalid } = load('frames.json')
  const ours = ({ protocol }: Case): boolean => protocol === 'profiles'
  const decode = ({ side, frame }: Case) => (side === 'request' ? decodeProfilesRequest : decodeProfilesResponse)(bytesOf(frame))
  it.each(valid.filter(ours))('reads and writes $name', (one) => {
    expect(hexOf(encodeProfiles(valueOf<Parameters<typeof encodeProfiles>[0]>(decode(one))))).toBe(one['frame'])
  })
  it.each(invalid.filter(ours))('refuses $name', (one) => {
    expect(decode(one)).toEqual({ ok: false, reason: one['reason'] })
  })
})

describe('frames.json, those of what relays say of sectors', () => {
  const { valid, invalid } = load('frames.json')
  const ours = ({ protocol }: Case): boolean => protocol === 'status'
  const decode = ({ side, frame, zeros = 0 }: Case) =>
    (side === 'request' ? decodeStatusRequest : decodeStatusResponse)(Uint8Array.from([...bytesOf(frame), ...new Uint8Array(zeros)]))
  it.each(valid.filter(ours))('reads and writes $name', (one) => {
    expect(hexOf(encodeStatusMessage(valueOf<Parameters<typeof encodeStatusMessage>[0]>(decode(one))))).toBe(one['frame'])
  })
  it.each(invalid.filter(ours))('refuses $name', (one) => {
    expect(decode(one)).toEqual({ ok: false, reason: one['reason'] })
  })
})

describe('frames.json, those of names', () => {
  const { valid, invalid } = load('frames.json')
  const ours = ({ protocol }: Case): boolean => protocol === 'names'
  const decode = ({ side, frame, zeros = 0 }: Case) =>
    (side === 'request' ? decodeNamesRequest : decodeNamesResponse)(Uint8Array.from([...bytesOf(frame), ...new Uint8Array(zeros)]))
  it.each(valid.filter(ours))('reads and writes $name', (one) => {
    expect(hexOf(encodeNames(valueOf<Parameters<typeof encodeNames>[0]>(decode(one))))).toBe(one['frame'])
  })
  it.each(invalid.filter(ours))('refuses $name', (one) => {
    expect(decode(one)).toEqual({ ok: false, reason: one['reason'] })
  })
})

import { createHash } from 'node:crypto'
import { toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { timeFromMs } from '../packages/core/src/model/clock.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { cidOfBytes, DAG_CBOR, RAW } from '../packages/core/src/model/encoding/cid.ts'
import { identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { FIRST_PROFILE_BODY, profileGenesis } from '../packages/core/src/model/namespace/profile.ts'
import { profileIdOf } from '../packages/core/src/model/namespace/profile-id.ts'
import { createGenesis, signHead } from '../packages/core/src/model/namespace/namespace.ts'
import type { StaticProfile } from '../packages/core/src/model/namespace/static-profile.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import type { VectorFile } from './vector-file.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest())
const seedOf = (label: string): Uint8Array => sha256(utf8(`docstore vectors: ${label}`))

/** Heads of a profile: what people may say of themselves, and texts that pass as others. */
export function profileFile(): VectorFile {
  const network = createNetwork('Vectors', { nonce: seedOf('nonce').subarray(0, 16) })
  const alice = identityFromSeed(seedOf('alice'))
  const genesis = profileGenesis(network.cid, alice.author)
  if (!genesis.ok) throw new Error(genesis.reason)
  const app = createGenesis({ net: network.cid, owner: alice, write: 'owner', nonce: seedOf('genesis nonce').subarray(0, 16) })
  const fields = { v: 1, t: 'head', net: network.cid, ns: genesis.value.cid, epoch: 0, seq: 1, prev: new Uint8Array(32), at: timeFromMs(Date.UTC(2026, 0, 1)), rot: [], by: alice.author } as const
  const signed = (name: string, head: Readonly<Record<string, unknown>>) => {
    const bytes = encodeCbor(head)
    return { name, bytes: toHex(bytes), signature: toHex(alice.sign('head', sha256(bytes))) }
  }
  const says = (profile: unknown) => ({ ...fields, body: { ...FIRST_PROFILE_BODY, profile } })
  const good = (name: string, { picture, ...texts }: StaticProfile) => ({
    ...signed(name, says({ ...texts, ...(picture === undefined ? {} : { picture }) })),
    profile: { ...texts, ...(picture === undefined ? {} : { picture: { cid: picture[0].toString(), size: picture[1] } }) },
  })
  const bad = (name: string, profile: unknown, reason = 'bad-profile') => ({ ...signed(name, says(profile)), reason })
  const picture = cidOfBytes(RAW, utf8('picture'))
  const { v: _, t: __, rot: ___, by: ____, ...first } = fields
  const begun = signHead({ ...first, seq: 0, prev: null, body: FIRST_PROFILE_BODY }, alice)
  const unseen = [0x1f, 0x7f, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x2003, 0x200b, 0x200c, 0x200d, 0x200f, 0x2028, 0x202e, 0x2060, 0x2066, 0x206f, 0x2800, 0x3000, 0x3164, 0xfe0e, 0xfeff, 0xffa0, 0xfffc, 0x1d173, 0xe0041, 0xe01ef]
  return {
    description: 'Heads of the profile of the owner in the context, with their signatures. The genesis, and so the id, follows from network and owner; `first` is the body of the first head on every device.',
    context: {
      network: network.id,
      owner: alice.did,
      genesis: toHex(genesis.value.bytes),
      namespace: profileIdOf(network.id, alice.did),
      appGenesis: toHex(app.bytes),
      first: toHex(encodeCbor(FIRST_PROFILE_BODY)),
      firstHead: toHex(begun.bytes),
    },
    valid: [
      good('a name', { name: 'Ada Lovelace' }),
      good('names of other scripts', { name: 'Ада 名前 אדה ❤️' }),
      good('everything', { name: 'x'.repeat(64), about: `First line\nsecond line ${'x'.repeat(1001)}`, username: 'ada_l-1', picture: [picture, 256 * 1024] }),
      good('a username of a domain', { username: 'ada@mail.example.org' }),
      good('joiners in what is said', { about: 'Zero\u200dwidth\u200cjoiners' }),
    ],
    invalid: [
      bad('nothing', {}, 'malformed'),
      bad('a list', ['Ada'], 'malformed'),
      bad('a field that there is not', { name: 'Ada', colour: 'red' }, 'malformed'),
      bad('a name that is a number', { name: 1 }, 'malformed'),
      bad('a picture that is a CID alone', { picture }, 'malformed'),
      bad('a picture of another codec', { picture: [cidOfBytes(DAG_CBOR, utf8('x')), 1] }, 'malformed'),
      bad('a picture of no bytes', { picture: [picture, 0] }, 'malformed'),
      bad('a picture of 256 KiB and a byte', { picture: [picture, 256 * 1024 + 1] }, 'malformed'),
      bad('an empty name', { name: '' }),
      bad('a name of 65 units', { name: 'x'.repeat(65) }),
      bad('a space in front', { name: ' Ada' }),
      bad('a space behind', { name: 'Ada ' }),
      bad('two spaces', { name: 'Ada  Lovelace' }),
      bad('two lines', { name: 'Ada\nLovelace' }),
      ...unseen.map((point) => bad(`U+${point.toString(16).toUpperCase().padStart(4, '0')} in a name`, { name: `A${String.fromCodePoint(point)}b` })),
      bad('an empty about', { about: '' }),
      bad('an about of 1,025 units', { about: 'x'.repeat(1025) }),
      bad('an about that turns the direction', { about: 'a\u202eb' }),
      bad('a tab in what is said', { about: 'a\tb' }),
      bad('a username of one character', { username: 'a' }),
      bad('a username of 33 characters', { username: 'a'.repeat(33) }),
      bad('a username of capitals', { username: 'Ada' }),
      bad('a username of another script', { username: 'аda' }),
      bad('a username of a domain without a dot', { username: 'ada@localhost' }),
      { ...signed('what a profile says, in another namespace', { ...says({ name: 'Ada' }), ns: app.cid }), isApp: true, reason: 'unsupported' },
    ],
  }
}

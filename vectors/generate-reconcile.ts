import { toHex, utf8 } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { decodeQuestion, decodeReply, encodeReply, EVERYTHING, highOf, type Span } from '../packages/core/src/sets/ranges.ts'
import { answer, compareReply, firstQuestion, questionAbout } from '../packages/core/src/sets/reconcile.ts'
import { SummedTree } from '../packages/core/src/sets/summed-tree.ts'
import { seededRandom } from '../packages/core/src/testing/random.ts'
import { finish, slotsOf } from '../packages/core/src/testing/reconciliation.ts'
import { createHash } from 'node:crypto'
import type { VectorFile } from './vector-file.ts'

/** A record of the vectors: its number and its version. */
type Numbered = readonly [n: number, version: number]

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return Uint8Array.from(hash.digest())
}
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

const RECORD_RULE =
  'Record n in version v: slot = first 16 bytes of SHA-256("slot n"), record hash = SHA-256("record n v"), time = 1000 + v. Numbers are decimal, strings UTF-8'

/** What the rule says of a record. */
function numbered([n, version]: Numbered): { slot: Uint8Array; hash: Uint8Array; at: number } {
  return { slot: sha256(utf8(`slot ${n}`)).slice(0, 16), hash: sha256(utf8(`record ${n} ${version}`)), at: 1000 + version }
}

/** Records as they stand in the files. */
function textOf(records: readonly Numbered[]): string {
  return records.map(([n, version]) => (version === 0 ? `${n}` : `${n}.${version}`)).join(' ')
}

function treeOf(records: readonly Numbered[], salt?: Uint8Array): SummedTree {
  const tree = new SummedTree()
  for (const { slot, hash, at } of records.map(numbered)) tree.set(slot, salt === undefined ? hash : sha256(salt, hash), at)
  return tree
}

function first(count: number, version: (n: number) => number | undefined = () => 0): Numbered[] {
  return Array.from({ length: count }, (_, n) => n).flatMap((n) => {
    const chosen = version(n)
    return chosen === undefined ? [] : [[n, chosen] as const]
  })
}

const SALT = sha256(utf8('salt')).slice(0, 16)

function fingerprintsFile(): VectorFile {
  const sum = (name: string, hashes: readonly string[]) => {
    const tree = new SummedTree()
    hashes.forEach((hash, i) => tree.set(new Uint8Array(16).fill(i), bytesOf(hash), 1))
    return { name, hashes, fingerprint: tree.root() }
  }
  const part = (name: string, count: number, low: string, high: string, salt = '') => {
    const span = { low: bytesOf(low), high: bytesOf(high) }
    const tree = treeOf(first(count), salt === '' ? undefined : bytesOf(salt))
    return { name, records: count, low, high, salt, fingerprint: toHex(tree.fingerprint(span.low, highOf(span))) }
  }
  const full = 'ff'.repeat(32)
  return {
    description: `Fingerprints, whole: of record hashes, and of the records 0 to records - 1, version 0, in a range (low and high as in messages). ${RECORD_RULE}`,
    valid: [
      sum('of nothing', []),
      sum('of one hash', [toHex(sha256(utf8('a')))]),
      sum('of a zero hash, which is not that of nothing', ['00'.repeat(32)]),
      sum('of a sum beyond 2^256', [full, full, `02${'00'.repeat(31)}`]),
      sum('of a carry through all bytes', [full, `01${'00'.repeat(31)}`]),
      part('of everything', 100, '', ''),
      part('of the beginning', 100, '', '80'),
      part('of the end', 100, '80', ''),
      part('of the middle, with bounds of several bytes', 1000, '4f2a', '9be107'),
      part('of an empty range', 100, '8000', '800000000001'),
      part('of everything, salted', 100, '', '', toHex(SALT)),
      part('of a range, salted', 1000, '10', 'e0', toHex(SALT)),
    ],
    invalid: [],
  }
}

interface Exchange {
  readonly name: string
  readonly mine: readonly Numbered[]
  readonly theirs: readonly Numbered[]
  readonly salt?: Uint8Array
  /** Asks about this instead of cutting everything. */
  readonly spans?: readonly Span[]
  /** Which question and reply of the exchange to show. */
  readonly round?: number
}

function exchange({ name, mine, theirs, salt, spans, round = 0 }: Exchange): VectorFile['valid'][number] {
  const { next: random } = seededRandom(1)
  const [asking, answering] = [treeOf(mine, salt), treeOf(theirs, salt)]
  let question = salt === undefined && spans === undefined ? firstQuestion(asking, random) : questionAbout(asking, spans ?? [EVERYTHING], salt)
  for (let i = 0; ; i++) {
    const decoded = decodeQuestion(question)
    if (!decoded.ok) throw new Error(decoded.reason)
    const reply = finish(answer(answering, decoded.value, random))
    const ranges = decodeReply(reply, decoded.value)
    if (!ranges.ok) throw new Error(ranges.reason)
    const { need, have, next } = finish(compareReply(asking, decoded.value, ranges.value, random))
    if (i === round) {
      const open = ranges.value.filter((range) => range.kind === 'print' && toHex(asking.fingerprint(range.low, highOf(range))).slice(0, 32) !== toHex(range.print))
      return {
        name,
        mine: textOf(mine),
        question: toHex(question),
        reply: toHex(reply),
        need: slotsOf(need),
        have: slotsOf(have),
        open: open.map(({ low, high }) => [toHex(low), toHex(high)]),
      }
    }
    if (next === undefined) throw new Error(`${name} is over before round ${round}`)
    question = next
  }
}

function messagesFile(): VectorFile {
  const none = new Uint8Array()
  const print = sha256(utf8('print')).slice(0, 16)
  const [one, two, three] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]
  const item = (lead: number, at = 5n): Uint8Array => {
    const bytes = new Uint8Array(40).fill(lead, 0, 1)
    new DataView(bytes.buffer).setBigUint64(32, at)
    return bytes
  }
  const everything = encodeCbor([1, none, none, print])
  const question = (name: string, value: unknown, reason = 'malformed') => ({ name: `question: ${name}`, question: toHex(encodeCbor(value)), reason })
  const reply = (name: string, value: unknown, of = everything) => ({
    name: `reply: ${name}`,
    question: toHex(of),
    reply: toHex(encodeCbor(value)),
    reason: 'malformed',
  })
  const part = encodeCbor([1, none, one, null, two, print])
  return {
    description:
      'Questions and replies (hexadecimal). Valid: what the asking side, which has the records "mine" (n.v, n for version 0), makes of a reply to its ' +
      `question: slots that it needs and that it gives, and the ranges (low, high) that stay open. Invalid: messages that break the rules, and the word for it. ${RECORD_RULE}`,
    valid: [
      exchange({ name: 'nothing on either side', mine: [], theirs: [] }),
      exchange({ name: 'everything is there', mine: [], theirs: first(5) }),
      exchange({ name: 'everything is here', mine: first(20), theirs: [] }),
      exchange({ name: 'equal sets', mine: first(30), theirs: first(30) }),
      exchange({ name: 'some here, some there, some newer', mine: first(12, (n) => [0, 1, undefined][n % 3]), theirs: first(12, (n) => [0, undefined, 0, 2][n % 4]) }),
      exchange({ name: 'parts that differ', mine: first(60, (n) => (n % 20 === 3 ? undefined : 0)), theirs: first(60) }),
      exchange({ name: 'the question after that', mine: first(300, (n) => (n % 50 === 3 ? undefined : 0)), theirs: first(300), round: 1 }),
      exchange({ name: 'an audit of equal sets', mine: first(10), theirs: first(10), salt: SALT }),
      exchange({ name: 'an audit that finds one record more', mine: first(9), theirs: first(10), salt: SALT }),
      exchange({
        name: 'an audit of two ranges',
        mine: first(40),
        theirs: first(40, (n) => (n % 7 === 0 ? 1 : 0)),
        salt: SALT,
        spans: [
          { low: none, high: Uint8Array.of(0x20) },
          { low: Uint8Array.of(0xc0), high: none },
        ],
      }),
      {
        name: 'two versions of one time',
        mine: '1',
        question: toHex(everything),
        reply: toHex(encodeReply([{ ...EVERYTHING, kind: 'items', items: Uint8Array.of(...numbered([1, 0]).slot, ...print, ...item(0, 1000n).subarray(32)) }])),
        need: [toHex(numbered([1, 0]).slot)],
        have: [toHex(numbered([1, 0]).slot)],
        open: [],
      },
    ],
    invalid: [
      question('of another formula', [2, none, none, print], 'unsupported'),
      question('with a short salt', [1, new Uint8Array(15), none, print]),
      question('with items', [1, none, none, [item(1)]]),
      question('without a bound', [1, none, one, print, two]),
      reply('bounds that fall', [two, print, one, print]),
      reply('an end before the end', [none, print, two, print]),
      reply('a bound that is too long', [new Uint8Array(17), print]),
      reply('a short fingerprint', [none, print.subarray(1)]),
      reply('half an item', [none, [item(1).subarray(1)]]),
      reply('items that fall', [none, [Uint8Array.of(...item(3), ...item(2))]]),
      reply('an item twice', [none, [Uint8Array.of(...item(3), ...item(3))]]),
      reply('an item before its range', [two, null, three, [item(1)]]),
      reply('an item behind its range', [two, [item(3)]]),
      reply('a time that does not exist', [none, [item(3, 2n ** 53n)]]),
      reply('two steps in a row that say nothing', [one, null, two, null, none, print]),
      reply('a last step that says nothing', [one, print, two, null]),
      reply('a range that was not asked', [one, print], part),
      reply('a range that goes beyond what was asked', [one, null, three, print], part),
    ],
  }
}

/** The vectors of reconciliation that follow from the code. What a reference implementation found lies beside them. */
export function reconcileVectors(): Readonly<Record<string, VectorFile>> {
  return { 'reconcile/fingerprints.json': fingerprintsFile(), 'reconcile/messages.json': messagesFile() }
}

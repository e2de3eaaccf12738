import { createHash } from 'node:crypto'
import { compareBytes, toHex } from '../packages/core/src/model/bytes.ts'
import { encodeCbor } from '../packages/core/src/model/encoding/cbor.ts'
import { identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { skeleton } from '../packages/core/src/people/names/confusables.ts'
import { decideClaim, decideDenial } from '../packages/core/src/people/names/decide-claim.ts'
import { displayNameFault } from '../packages/core/src/people/names/display-name.ts'
import { readDomainName, showDomainName } from '../packages/core/src/people/names/domain-name.ts'
import { GRACE_MS, LEASE_MS, QUARANTINE_MS } from '../packages/core/src/people/names/limits.ts'
import { nameState } from '../packages/core/src/people/names/name-state.ts'
import { withShortId } from '../packages/core/src/people/names/short-id.ts'
import {
  claimName,
  denyName,
  grantName,
  type NameClaim,
  releaseName,
  transferName,
  type VerifiedStatement,
} from '../packages/core/src/people/names/statements.ts'
import { usernameFault } from '../packages/core/src/people/names/username.ts'
import type { VectorFile } from './vector-file.ts'

const digest = (text: string): Uint8Array => Uint8Array.from(createHash('sha256').update(`docstore vectors: ${text}`).digest())
const keyOf = (label: string) => identityFromSeed(digest(label))
const [one, two, three] = [keyOf('name authority 1'), keyOf('name authority 2'), keyOf('name authority 3')] as const
const [aliceKey, bobKey] = [keyOf('alice'), keyOf('bob')]
const [alice, bob] = [digest('person alice'), digest('person bob')]
const network = createNetwork('Names', {
  nonce: digest('names nonce').slice(0, 16),
  names: { authorities: [one, two, three].map(({ author }) => author), quorum: 2 },
})
const net = network.cid
const AT = Date.UTC(2026, 0, 1)
const DAY = 24 * 60 * 60_000

const claim = (who = alice, by = aliceKey, at = AT, via: Uint8Array | null = null) => claimName({ net, name: 'zoe', person: who, at, via }, by)
const grants = (wanted: VerifiedStatement<NameClaim>, from = AT, by = [one, two]) =>
  by.map((authority) =>
    grantName({ net, name: 'zoe', person: wanted.value.person, claim: wanted.hash, from, until: from + LEASE_MS }, authority),
  )
const packed = ({ signed }: VerifiedStatement) => ({ bytes: toHex(signed.bytes), signature: toHex(signed.signature) })

/** Statements, and how it stands with the name at some times; keys act for their persons at any time. */
function lease(name: string, statements: readonly VerifiedStatement[], times: readonly number[]) {
  return {
    name,
    kind: 'lease',
    statements: statements.map(packed),
    states: times.map((now) => {
      const { doubles, ...state } = nameState({ network, name: 'zoe', statements, actsFor: () => true, now })
      const known = 'person' in state ? { person: toHex(state.person), until: state.until } : {}
      return { now, state: state.state, ...known, doubles: doubles.map(({ authority }) => toHex(authority)) }
    }),
  }
}

/** What an authority that has heard these statements says to a claim, and to the wish that it never grants it; keys act for their persons at any time. */
function decision(name: string, authority: string, wanted: VerifiedStatement<NameClaim>, statements: readonly VerifiedStatement[], now: number) {
  const seed = digest(`name authority ${authority}`)
  const asked = { network, authority: identityFromSeed(seed), statements, actsFor: () => true, now }
  const [claimed, denied] = [decideClaim(wanted, asked), decideDenial(wanted, asked)]
  return {
    name,
    kind: 'decision',
    seed: toHex(seed),
    now,
    statements: statements.map(packed),
    claim: packed(wanted),
    granted: claimed.ok ? packed(claimed.grant) : claimed.reason,
    denied: denied.ok ? packed(denied.denial) : denied.reason,
  }
}

/** Usernames and display names with what is wrong with them, statements about names, and who has a name when. */
export function namesFile(): VectorFile {
  const first = claim()
  const second = claim(bob, bobKey, AT + DAY)
  const given = transferName({ net, name: 'zoe', person: alice, to: bob, at: AT + DAY }, aliceKey)
  const taken = claim(bob, bobKey, AT + DAY, given.hash)
  const release = releaseName({ net, name: 'zoe', person: alice, at: AT + DAY }, aliceKey)
  const username = (text: string) => ({ name: text, kind: 'username', text, fault: usernameFault(text) ?? null, skeleton: skeleton(text) })
  const display = (text: string) => ({ name: text, kind: 'display', text, fault: displayNameFault(text) ?? null })
  const domain = (text: string) => {
    const read = readDomainName(text)
    return { name: text, kind: 'domain', text, read: read === undefined ? null : showDomainName(read) }
  }
  const statement = (name: string, made: VerifiedStatement) => ({ name, kind: 'statement', ...packed(made), hash: toHex(made.hash) })
  const bad = (name: string, made: VerifiedStatement, reason: string, change: Readonly<Record<string, unknown>> = {}) => ({
    name,
    kind: 'statement',
    ...packed(made),
    ...(Object.keys(change).length === 0 ? {} : { bytes: toHex(encodeCbor({ ...made.value, ...change })) }),
    reason,
  })
  const fields = { net, name: 'zoe', person: alice, claim: first.hash, from: AT, until: AT + LEASE_MS }
  const denial = (of: VerifiedStatement<NameClaim>, by = one) => denyName({ net, name: 'zoe', person: of.value.person, claim: of.hash, at: AT }, by)
  // Of two claims of one moment, the one of the lower hash comes first.
  const rivals = [claim(), claim(bob, bobKey)].toSorted((a, b) => compareBytes(a.hash, b.hash))
  const [ahead, behind] = [rivals[0] ?? first, rivals[1] ?? first]
  const split = [ahead, ...grants(ahead, AT, [one]), behind, ...grants(behind, AT, [two])]
  const gone = [behind, ...grants(behind, AT, [two])]
  return {
    description:
      'Texts with what is wrong with them as usernames and display names (null: nothing), and the skeleton of usernames; names of domains in their one form; short ids; signed statements; how it stands with the name "zoe" at some times; and what the authority of a seed decides about a claim, and about denying it, after these statements. Every key acts for its person.',
    context: { network: toHex(network.bytes) },
    valid: [
      ...['alice', 'a1ice', 'rnodern', 'a-b_c', '42', 'x'.repeat(32), 'x'.repeat(33), '', 'a', 'Alice', 'al ice', '-alice', 'admin', 'ad-min', 'аlice', 'álice', 'al\u202eice', 'al\u200bice'].map(username),
      ...['Alice', 'Анна', 'می‌خواهم', '👩‍🚀 Zoe', 'Zoe\u0308', 'Аlice', 'Al\u202eice', 'Al\u200bice', 'alice·k7f3qp', ' ', 'x'.repeat(65)].map(display),
      ...['Alice@Example.org', 'info@xn--bcher-kva.example', 'alice@localhost', 'alice@bücher.example', 'alice@example.org:80', 'alice'].map(domain),
      { name: 'short id', kind: 'short', digest: toHex(alice), text: withShortId('alice', alice) },
      statement('claim', first),
      statement('grant', grants(first)[0] ?? first),
      statement('denial', denial(second)),
      statement('release', release),
      statement('transfer', given),
      statement('claim by a transfer', taken),
      lease('one grant is none', [first, ...grants(first, AT, [one])], [AT]),
      lease('a year, its grace and quarantine', [first, ...grants(first)], [
        AT - 1,
        AT,
        AT + LEASE_MS - 1,
        AT + LEASE_MS,
        AT + LEASE_MS + GRACE_MS,
        AT + LEASE_MS + GRACE_MS + QUARANTINE_MS,
      ]),
      lease('given up', [first, ...grants(first), release], [AT, AT + DAY, AT + DAY + QUARANTINE_MS]),
      lease('transferred', [first, ...grants(first), given, taken, ...grants(taken, AT + DAY)], [AT, AT + DAY]),
      lease('granted twice', [first, ...grants(first), second, ...grants(second, AT + DAY, [two, three])], [AT + DAY]),
      lease('granted twice, the second backdated', [first, ...grants(first, AT, [one, two, three]), second, ...grants(second, AT - DAY, [two, three])], [AT]),
      lease('denied by all others, and granted all the same to two', [ahead, ...grants(ahead, AT + 1, [one, three]), behind, ...grants(behind, AT, [two, three]), denial(behind, one), denial(behind, three)], [AT + 1]),
      decision('free, and nobody else granted it', '1', first, [], AT),
      decision('a claim of two days ago', '1', claim(alice, aliceKey, AT - 2 * DAY), [], AT),
      decision('somebody else has it', '3', second, [first, ...grants(first)], AT + DAY),
      decision('renewed too early', '3', claim(alice, aliceKey, AT + DAY), [first, ...grants(first)], AT + DAY),
      decision('given up, asked for by another one', '3', second, [first, ...grants(first), release], AT + DAY),
      decision('given up, asked for by who had it', '3', claim(alice, aliceKey, AT + DAY), [first, ...grants(first), release], AT + DAY),
      decision('given by its holder', '3', taken, [first, ...grants(first), given], AT + DAY),
      decision('two have a grant each: the one behind, asked of who granted the other one', '1', behind, split, AT),
      decision('two have a grant each: the one ahead, asked of who granted the other one', '2', ahead, split, AT),
      decision('two have a grant each: neither granted here', '3', ahead, split, AT),
      decision('the other one is denied by all others', '2', ahead, [...split, denial(behind, one), denial(behind, three)], AT),
      decision('denied here before', '1', behind, [...gone, denial(behind, one)], AT),
      decision('some grants, and a day old', '1', behind, gone, AT + DAY + 1),
      decision('some grants, and a day old, one of them from here', '2', behind, gone, AT + DAY + 1),
      decision('a day old, and granted by a quorum', '3', first, [first, ...grants(first)], AT + DAY + 1),
      decision('a day old, and granted by nobody', '3', first, [], AT + DAY + 1),
    ],
    invalid: [
      bad('a grant by no authority', grantName(fields, bobKey), 'not-allowed'),
      bad('a denial by no authority', denyName({ net, name: 'zoe', person: alice, claim: first.hash, at: AT }, bobKey), 'not-allowed'),
      bad('a denial of no claim', denyName({ net, name: 'zoe', person: alice, claim: first.hash.subarray(1), at: AT }, one), 'malformed'),
      bad('longer than a year', grantName({ ...fields, until: AT + LEASE_MS + 1 }, one), 'malformed'),
      bad('a homograph', claimName({ net, name: 'аlice', person: alice, at: AT, via: null }, aliceKey), 'malformed'),
      bad('a reserved name', claimName({ net, name: 'admin', person: alice, at: AT, via: null }, aliceKey), 'malformed'),
      bad('another name under the signature', first, 'bad-signature', { name: 'zoey' }),
      bad('a field more', first, 'malformed', { more: 1 }),
      bad('another version', first, 'unsupported', { v: 2 }),
      bad('another network', claimName({ net: createNetwork('Other', { nonce: new Uint8Array(16) }).cid, name: 'zoe', person: alice, at: AT, via: null }, aliceKey), 'wrong-network'),
    ],
  }
}

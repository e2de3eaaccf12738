import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { namesFile } from '../../../../../vectors/generate-names.ts'
import { vectorText } from '../../../../../vectors/vector-file.ts'
import { toHex } from '../../model/bytes.ts'
import { identityFromSeed } from '../../model/keys/identity.ts'
import { decodeNetwork } from '../../model/network/network.ts'
import { skeleton } from './confusables.ts'
import { decideClaim, decideDenial } from './decide-claim.ts'
import { displayNameFault } from './display-name.ts'
import { readDomainName, showDomainName } from './domain-name.ts'
import { nameState } from './name-state.ts'
import { withShortId } from './short-id.ts'
import { type VerifiedStatement, verifyStatement } from './statements.ts'
import { usernameFault } from './username.ts'

const text = readFileSync(new URL('../../../../../vectors/names.json', import.meta.url), 'utf8')
// What lies in a case is described by the file; `any` is what JSON.parse gives.
type Case = Record<string, any> & { name: string; kind: string }
const { context, valid, invalid }: { context: Case; valid: Case[]; invalid: Case[] } = JSON.parse(text)
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

const decoded = decodeNetwork(bytesOf(context['network']))
if (!decoded.ok) throw new Error(decoded.reason)
const network = decoded.value

async function statementOf({ bytes, signature }: Case): Promise<VerifiedStatement> {
  const verdict = await verifyStatement({ bytes: bytesOf(bytes), signature: bytesOf(signature) }, network)
  if (!verdict.ok) throw new Error(verdict.reason)
  return verdict.value
}

it('the generator gives names.json as it lies on disk', () => {
  expect(vectorText(namesFile())).toBe(text)
})

it.each(valid)('$kind: $name', async (vector) => {
  switch (vector.kind) {
    case 'username':
      expect(usernameFault(vector['text']) ?? null).toBe(vector['fault'])
      return expect(skeleton(vector['text'])).toBe(vector['skeleton'])
    case 'display':
      return expect(displayNameFault(vector['text']) ?? null).toBe(vector['fault'])
    case 'domain': {
      const read = readDomainName(vector['text'])
      return expect(read === undefined ? null : showDomainName(read)).toBe(vector['read'])
    }
    case 'short':
      return expect(withShortId('alice', bytesOf(vector['digest']))).toBe(vector['text'])
    case 'statement':
      return expect(toHex((await statementOf(vector)).hash)).toBe(vector['hash'])
    case 'lease': {
      const statements = await Promise.all(vector['statements'].map(statementOf))
      for (const { now, state, person, until, doubles } of vector['states']) {
        const found = nameState({ network, name: 'zoe', statements: statements.toReversed(), actsFor: () => true, now })
        expect(found.state).toBe(state)
        expect('person' in found ? toHex(found.person) : undefined).toBe(person)
        expect('until' in found ? found.until : undefined).toBe(until)
        expect(found.doubles.map(({ authority }) => toHex(authority))).toEqual(doubles)
      }
      return undefined
    }
    case 'decision': {
      const statements = await Promise.all(vector['statements'].map(statementOf))
      const claim = await statementOf(vector['claim'])
      if (claim.value.t !== 'name-claim') throw new Error('no claim')
      const asked = { network, authority: identityFromSeed(bytesOf(vector['seed'])), statements, actsFor: () => true, now: vector['now'] }
      const said = ({ signed }: VerifiedStatement) => ({ bytes: toHex(signed.bytes), signature: toHex(signed.signature) })
      const [claimed, denied] = [decideClaim({ ...claim, value: claim.value }, asked), decideDenial({ ...claim, value: claim.value }, asked)]
      expect(claimed.ok ? said(claimed.grant) : claimed.reason).toEqual(vector['granted'])
      return expect(denied.ok ? said(denied.denial) : denied.reason).toEqual(vector['denied'])
    }
    default:
      throw new Error(vector.kind)
  }
})

it.each(invalid)('refuses $name', async ({ bytes, signature, reason }) => {
  expect(await verifyStatement({ bytes: bytesOf(bytes), signature: bytesOf(signature) }, network)).toEqual({ ok: false, reason })
})

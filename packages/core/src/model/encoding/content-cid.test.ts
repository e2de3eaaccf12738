import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { base64url } from 'multiformats/bases/base64'
import { expect, it } from 'vitest'
import { utf8 } from '../bytes.ts'
import { cidOfBytes, DAG_CBOR, DAG_JSON, RAW } from './cid.ts'
import { readContentCid } from './content-cid.ts'

const cid = cidOfBytes(DAG_JSON, '{"_id":"a"}')
const text = cid.toString()

it('reads a CID in every form that IPFS tools write, and says it in one', () => {
  const forms = [base36, base58btc, base64url].map((base) => cid.toString(base))
  for (const form of [text, text.toUpperCase(), ` ${text}\n`, `ipfs://${text}`, `/ipfs/${text}`, ...forms])
    expect(readContentCid(form)).toEqual({ kind: 'document', cid: text })
  expect(readContentCid(cidOfBytes(RAW, 'a').toString())).toMatchObject({ kind: 'raw' })
  // Version 0, as `ipfs add` writes it without --cid-version=1: the empty directory.
  expect(readContentCid('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn')).toEqual({
    kind: 'node',
    cid: 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354',
  })
})

it('reads one that has its bytes in itself, if these are few', () => {
  expect(readContentCid('bafkqablimvwgy3y')).toEqual({ kind: 'raw', cid: 'bafkqablimvwgy3y', bytes: utf8('hello') })
  expect(readContentCid('bafkqaaa')).toMatchObject({ kind: 'raw', bytes: new Uint8Array() })
})

it.each([
  ['nothing', ''],
  ['a word', 'hello'],
  ['the id of a namespace', cidOfBytes(DAG_CBOR, 'a').toString()],
  ['one with a letter too few', text.slice(0, -1)],
  ['a digest that is cut', 'bafkreaqbai'],
  ['a text without end', `${text}${'a'.repeat(1000)}`],
])('reads nothing in %s', (_, wrong) => {
  expect(readContentCid(wrong)).toBeUndefined()
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../bytes.ts'
import { DAG_CBOR, parseCid } from '../encoding/cid.ts'
import { type DecodedGenesis, decodeGenesis, decodeHead, headWins, type SignedHead } from '../namespace/namespace.ts'
import type { Verdict } from '../verdict.ts'
import { decodeAct, type SignedAct } from './act.ts'
import { decodePerson } from './person.ts'
import { type PersonState, personState } from './person-state.ts'
import { rolesState } from './roles-state.ts'

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
/** The cases of the file; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string; kind: string }
const { context, valid, invalid }: { context: { network: string }; valid: Case[]; invalid: Case[] } = JSON.parse(
  readFileSync(new URL('../../../../../vectors/people.json', import.meta.url), 'utf8'),
)
const of = (kind: string): Case[] => valid.filter((one) => one.kind === kind)

function valueOf<T>(verdict: Verdict<T>): T {
  if (!verdict.ok) throw new Error(`refused: ${verdict.reason}`)
  return verdict.value
}

const actsIn = async (acts: readonly [string, string][]): Promise<SignedAct[]> =>
  Promise.all(acts.map(async ([bytes, signature]) => valueOf(await decodeAct(bytesOf(bytes), bytesOf(signature)))))
const stateIn = async (genesis: string, acts: readonly [string, string][]): Promise<PersonState> =>
  personState(valueOf(decodePerson(bytesOf(genesis))), await actsIn(acts))
function namespaceIn(genesis: string): DecodedGenesis {
  const net = parseCid(DAG_CBOR, context.network)
  if (net === undefined) throw new Error('The context has a network')
  return valueOf(decodeGenesis(bytesOf(genesis), net))
}

describe('people.json', () => {
  it.each(of('person'))(
    'knows what the log says: $name',
    async ({ genesis, id, acts, devices, epoch, recovery, proposed, standing, tips, parents }) => {
      expect(valueOf(decodePerson(bytesOf(genesis))).cid.toString()).toBe(id)
      const state = await stateIn(genesis, acts)
      const told = state.devices.map(({ key, addedBy, via, ...more }) => ({
        key: toHex(key),
        ...more,
        ...(addedBy && { addedBy: toHex(addedBy) }),
        ...(via && { via: toHex(via) }),
      }))
      expect(told).toEqual(devices)
      expect([state.epoch, toHex(state.recovery), state.proposed.map(toHex)]).toEqual([epoch, recovery, proposed])
      expect([[...state.standing].toSorted(), state.tips.map(toHex), state.parents.map(toHex)]).toEqual([standing, tips, parents])
    },
  )

  it.each(of('roles'))('knows who may what: $name', async ({ namespace, persons, acts, members, standing, removed }) => {
    const states = new Map<string, PersonState>()
    for (const one of persons) states.set(toHex(valueOf(decodePerson(bytesOf(one.genesis))).digest), await stateIn(one.genesis, one.acts))
    const state = rolesState(namespaceIn(namespace), await actsIn(acts), (digest) => states.get(toHex(digest)))
    const told = state.members.map(({ who, roles }) => ({ who: toHex(who), roles: roles.map(({ via, ...role }) => ({ ...role, via: toHex(via) })) }))
    expect(told).toEqual(members)
    expect([...state.standing].toSorted()).toEqual(standing)
    expect(state.isRemoved(bytesOf(removed), undefined)).toBe(true)
  })

  it.each(of('heads'))('judges $name', async ({ namespace, person, acts, heads }) => {
    const genesis = namespaceIn(namespace)
    const state = await stateIn(person, acts)
    const accepted: SignedHead[] = []
    for (const { is, head, verdict } of heads) {
      const read = await decodeHead(bytesOf(head[0]), bytesOf(head[1]), genesis, state)
      expect(read.ok ? 'accepted' : read.reason, is).toBe(verdict)
      if (read.ok) accepted.push(read.value)
    }
    const [first, ...others] = accepted
    expect(others.every((one) => first !== undefined && headWins(first, one))).toBe(true)
  })

  it.each(invalid)('refuses $name', async ({ kind, bytes, signature, reason }) => {
    const read = kind === 'person' ? decodePerson(bytesOf(bytes)) : await decodeAct(bytesOf(bytes), bytesOf(signature))
    expect(read).toEqual({ ok: false, reason })
  })
})

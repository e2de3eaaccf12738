import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DocstoreError, errorCode } from '../../errors.ts'
import { timeFromMs } from '../../model/clock.ts'
import { createSeed, identityFromSeed } from '../../model/keys/identity.ts'
import { createPerson, decodePerson, isMadeWith, keyCommitment, personNonce } from '../../model/people/person.ts'
import { MAX_UNNEEDED_LOGS } from '../limits.ts'
import { put, World } from '../../testing/people-world.ts'
import type { TestPeer } from '../../testing/test-peer.ts'

const words = new Uint8Array(32).fill(7)
const next = new Uint8Array(32).fill(8)
const recovery = identityFromSeed(words)

let world: World
let ada: TestPeer
beforeEach(async () => {
  world = new World()
  ada = await world.peer('ada', { recovery: recovery.author })
})
afterEach(async () => {
  await world.close()
})

it('words whose replacement has no room are here still, and so are those that take their place once they are known to', async () => {
  await ada.replica.keepRecoverySeed(words)
  const full = vi.spyOn(ada.storage, 'addActs').mockRejectedValueOnce(new DocstoreError('disk-full', 'The disk is full'))
  expect(await ada.replica.rotateRecovery({ seed: words, next }).catch(errorCode)).toBe('disk-full')
  expect(await ada.replica.recoverySeed()).toEqual(words)
  // Ended after the first of the two acts, when the next words are here.
  const { addActs } = Object.getPrototypeOf(ada.storage) as typeof ada.storage
  full.mockImplementationOnce((...args) => addActs.apply(ada.storage, args)).mockRejectedValueOnce(new DocstoreError('disk-full', 'The disk is full'))
  expect(await ada.replica.rotateRecovery({ seed: words, next }).catch(errorCode)).toBe('disk-full')
  full.mockRestore()
  expect(await ada.replica.recoverySeed()).toEqual(next)
  expect((await ada.replica.personFacts())?.recovery).toEqual(keyCommitment(identityFromSeed(next).author))
})

it('who writes the published hash of a recovery key into a genesis of his own does not take the place of its person at a relay', async () => {
  const relay = await world.peer('relay')
  const ns = await ada.createNamespace('anyone')
  ada.dial(relay)
  await world.settle()
  const commitment = keyCommitment(recovery.author)
  const { digest } = (await ada.replica.personFacts()) ?? {}
  expect(await relay.replica.personsByRecovery(commitment)).toEqual([digest])
  const eve = await world.peer('eve', { recovery: recovery.author })
  eve.dial(relay)
  eve.want(ns)
  await put(eve, ns, 'eve')
  await eve.createNamespace('anyone')
  await world.settle(300_000)
  const eves = (await eve.replica.personFacts())?.digest
  expect(await relay.replica.personsByRecovery(commitment)).toEqual([digest, eves])
  // Also where the relay is started anew, and has the logs in another order.
  await relay.stop()
  await relay.start()
  expect(await relay.replica.personsByRecovery(commitment)).toEqual([digest, eves])
  // And where the other one was here first, once the key has signed something.
  await ada.replica.actAsRecovery(words, { type: 'label', key: ada.identity.author, label: 'desk' })
  await world.settle(300_000)
  expect(await relay.replica.personsByRecovery(commitment)).toEqual([digest, eves])
})

it('a person that is made here shows that it was made with the recovery seed, and nobody else can show that', async () => {
  const own = await world.peer('own', 'new')
  const seed = await own.replica.recoverySeed()
  const genesis = (await own.replica.person())?.log.genesis
  const made = decodePerson(genesis ?? new Uint8Array())
  if (seed === undefined || !made.ok) throw new Error('no person')
  expect(isMadeWith(seed, made.value)).toBe(true)
  const device = identityFromSeed(createSeed())
  const copied = createPerson({ device, recovery: identityFromSeed(seed).author, nonce: made.value.genesis.nonce })
  expect(isMadeWith(seed, copied)).toBe(false)
  expect(isMadeWith(seed, createPerson({ device, recovery: identityFromSeed(seed).author, nonce: personNonce(next, device.author) }))).toBe(false)
})

it('what a relay adds to a log that has no place there keeps nobody from coming back', async () => {
  const { log } = (await ada.replica.person()) ?? {}
  if (log?.genesis === undefined) throw new Error('no person')
  const found = await world.peer('found')
  const junk = { bytes: new Uint8Array(10), signature: new Uint8Array(64) }
  await found.replica.restorePerson({ ...log, acts: [junk, ...log.acts, junk] }, { seed: words, label: 'found' })
  expect((await found.replica.personFacts())?.devices.map(({ label }) => label)).toContain('found')
})

it('a cut of now takes nothing away that is here already, by whatever clock it was written', async () => {
  const phone = await world.device('phone', ada)
  const ns = await ada.createNamespace('anyone')
  phone.want(ns)
  phone.dial(ada)
  phone.setClock(120_000)
  await world.settle()
  await put(phone, ns, 'ahead')
  await world.settle(1000)
  const until = await ada.replica.cutTime()
  expect(until).toBeGreaterThan(timeFromMs(ada.now() + 60_000))
  await ada.replica.changePerson({ type: 'revoke', key: phone.identity.author, until, void: true })
  expect(await ada.replica.get(ns, 'notes', 'ahead')).toBeDefined()
})

it('persons whose logs are here no more are found by nothing', async () => {
  const relay = await world.peer('relay')
  const learn = async (n: number): Promise<void> => {
    const nonce = Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? n >> 8 : n))
    const { digest, bytes } = createPerson({ device: identityFromSeed(next), recovery: recovery.author, nonce })
    await relay.replica.learnPerson({ log: digest, genesis: bytes, acts: [] }, { keep: false })
  }
  await learn(0)
  const [first] = await relay.replica.personsByRecovery(keyCommitment(recovery.author))
  expect(await relay.replica.personsOfKey(identityFromSeed(next).author)).toEqual([])
  for (let n = 1; n <= MAX_UNNEEDED_LOGS; n++) await learn(n)
  const found = await relay.replica.personsByRecovery(keyCommitment(recovery.author))
  expect(found).toHaveLength(MAX_UNNEEDED_LOGS)
  expect(found).not.toContainEqual(first)
})

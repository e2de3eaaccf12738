import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright'
import { rolldown } from 'rolldown'
import { replacePlugin } from 'rolldown/plugins'
import { createGenesis } from '../packages/core/src/model/namespace/namespace.ts'
import { createNetwork } from '../packages/core/src/model/network/network.ts'
import { type SignedAct, signAct, signDevice } from '../packages/core/src/model/people/act.ts'
import type { ActContent } from '../packages/core/src/model/people/act-content.ts'
import { authorFault } from '../packages/core/src/model/people/author-fault.ts'
import { authorName, identityFor, principalOf } from '../packages/core/src/model/people/author.ts'
import { createPerson, type DecodedPerson } from '../packages/core/src/model/people/person.ts'
import { grownPersonState, personState } from '../packages/core/src/model/people/person-state.ts'
import { rolesState } from '../packages/core/src/model/people/roles-state.ts'
import { createSeed, type Identity, identityFromSeed } from '../packages/core/src/model/keys/identity.ts'
import type { Figures } from './local.ts'
import type { ServedLog } from './people-page.ts'

const ACTS = 10_000
/** Of these, so many come one by one. */
const LATE_ACTS = 500
const CHECKS = 200_000
const MEMBERS = 50

interface Log {
  readonly person: DecodedPerson
  readonly acts: readonly SignedAct[]
}

/** Devices that are added, named and revoked in turn, two of the person's own doing it apart and meeting now and then. */
function longLog(): Log {
  const [laptop, phone] = [identityFromSeed(createSeed()), identityFromSeed(createSeed())]
  const person = createPerson({ device: laptop, recovery: identityFromSeed(createSeed()).author })
  const log = person.cid
  const add = (device: Identity): ActContent => ({ type: 'add', key: device.author, label: 'Device', proof: signDevice(log, device) })
  const first = signAct({ log, parents: [], at: 0, do: add(phone) }, laptop)
  const acts = [first]
  let tips: [SignedAct, SignedAct] = [first, first]
  let device = identityFromSeed(createSeed())
  for (let at = 1; acts.length < ACTS; at++) {
    const side = at % 2
    const isMeeting = at % 20 < 2
    const parents = (isMeeting ? tips : [tips[side] ?? first]).map(({ hash }) => hash)
    const step = Math.floor(at / 2) % 3
    if (step === 0) device = identityFromSeed(createSeed())
    const content: ActContent =
      step === 0
        ? add(device)
        : step === 1
          ? { type: 'label', key: device.author, label: `Device ${at}` }
          : { type: 'revoke', key: device.author, until: at }
    const unique = new Map(parents.map((hash) => [hash.join(), hash]))
    const act = signAct({ log, parents: [...unique.values()], ...(side === 1 && { via: first.hash }), at, do: content }, side === 1 ? phone : laptop)
    acts.push(act)
    tips = side === 1 ? [isMeeting ? act : tips[0], act] : [act, isMeeting ? act : tips[1]]
  }
  return { person, acts }
}

/** A long log verified in Chromium, what an act more costs, and how fast authors are judged here. */
export async function measurePeople(): Promise<Figures> {
  const log = longLog()
  return { ...(await inChromium(log)), ...oneByOne(log), ...acceptance() }
}

/** What it takes to know what a long log says after one act more, processor time. */
function oneByOne({ person, acts }: Log): Figures {
  let state = personState(person, acts.slice(0, -LATE_ACTS))
  const began = process.cpuUsage()
  for (const act of acts.slice(-LATE_ACTS)) {
    const grown = grownPersonState(state, act)
    if (grown === undefined) throw new Error('The act changed what others say')
    state = grown
  }
  const { user, system } = process.cpuUsage(began)
  return { 'one act more in that log, processor time, ms': (user + system) / 1000 / LATE_ACTS }
}

async function inChromium({ person, acts }: Log): Promise<Figures> {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const served: ServedLog = { person: base64(person.bytes), acts: acts.map(({ bytes, signature }) => [base64(bytes), base64(signature)]) }
  const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
  const bundle = await rolldown({
    input: { script: source('./people-page.ts'), 'check-worker-web': source('../packages/core/src/model/keys/check-worker-web.ts') },
    platform: 'browser',
    plugins: [replacePlugin({ './check-worker-web.ts': './check-worker-web.js' }, { delimiters: ['', ''] })],
    resolve: { conditionNames: ['@p2p-docstore/source', 'browser'] },
  })
  const { output } = await bundle.generate({ format: 'esm' })
  const answers: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': ['text/html', '<!doctype html><script type="module" src="/script.js"></script>'],
    ...Object.fromEntries(output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, ['text/javascript', file.code] as const]] : []))),
    '/log': ['application/json', JSON.stringify(served)],
  }
  const server = createServer(({ url = '/' }, response) => {
    const [type, text] = answers[url] ?? ['text/plain', '']
    response.writeHead(200, { 'content-type': type }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.waitForFunction('globalThis.measurePeople !== undefined')
    await page.evaluate('fetchPeople()')
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable')
    // Other programs have no part in it: of the thread of the page, which checks itself, and of that with the workers that help it.
    const processor = async (): Promise<{ readonly thread: number; readonly all: number }> => {
      const { metrics } = await session.send('Performance.getMetrics')
      const [thread = Number.NaN, all = Number.NaN] = ['ThreadTime', 'ProcessTime'].map(
        (wanted) => metrics.find(({ name }) => name === wanted)?.value,
      )
      return { thread, all }
    }
    const before = await processor()
    const figures = await page.evaluate<Figures>('measurePeople()')
    const after = await processor()
    return {
      'a log of 10,000 acts verified, processor time, s': after.thread - before.thread,
      'the same with its workers, processor time, s': after.all - before.all,
      ...figures,
    }
  } finally {
    await browser.close()
    server.close()
  }
}

/** How often a second the author of a record can be judged, in each policy, by fifty persons of two devices each. */
function acceptance(): Figures {
  const persons = Array.from({ length: MEMBERS }, () => {
    const [laptop, phone] = [identityFromSeed(createSeed()), identityFromSeed(createSeed())]
    const person = createPerson({ device: laptop, recovery: identityFromSeed(createSeed()).author })
    const content: ActContent = { type: 'add', key: phone.author, label: '', proof: signDevice(person.cid, phone) }
    const state = personState(person, [signAct({ log: person.cid, parents: [], at: 1, do: content }, laptop)])
    return { person, state, devices: [identityFor(person.digest, laptop), identityFor(person.digest, phone)] }
  })
  const [first] = persons
  const owner = first?.devices[0]
  if (first === undefined || owner === undefined) throw new Error('There are persons')
  const states = new Map(persons.map(({ person, state }) => [Buffer.from(person.digest).toString('latin1'), state]))
  const person = (digest: Uint8Array) => states.get(Buffer.from(digest).toString('latin1'))
  const genesis = createGenesis({ net: createNetwork('People').cid, owner, write: 'owner' })
  let parents: readonly Uint8Array[] = []
  const grants = persons.map(({ person: { digest } }, at) => {
    const grant = signAct({ log: genesis.cid, parents, at, do: { type: 'grant', to: digest, role: 'write', from: 0 } }, owner)
    parents = [grant.hash]
    return grant
  })
  const people = { person, roles: rolesState(genesis, grants, person) }
  const policy = { owner: genesis.genesis.owner }
  const authors = persons.flatMap(({ devices }) => devices.map(({ author }) => ({ by: author, id: `${authorName(author)}/x` })))
  const owners = authors.filter(({ by }) => principalOf(by).join() === policy.owner.join())
  return Object.fromEntries(
    (['owner', 'members', 'author', 'anyone'] as const).map((write) => {
      const by = write === 'owner' ? owners : authors
      const began = performance.now()
      for (let i = 0; i < CHECKS; i++) {
        const author = by[i % by.length]
        if (author === undefined || authorFault({ ...policy, write }, { ...author, at: i, collection: 'docs' }, people) !== undefined)
          throw new Error(`Refused by policy ${write}`)
      }
      return [`authors judged, policy ${write}, /s`, (CHECKS / (performance.now() - began)) * 1000]
    }),
  )
}

// `npm run bench -- --nostr`: our relay beside others of Nostr, each on new data, one after another, over the same events.
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { assertBuilt } from '../assert-built.ts'
import { installPeers } from '../peers/install.ts'
import { corpusOf } from './corpus.ts'
import { measureRelay, type NostrFigures } from './measure.ts'
import { type Contestant, foreignRelay, NOSTR_RELAY, OURS } from './relays.ts'

const MIN_EVENTS = 2000
const MAX_EVENTS = 1_000_000

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    relay: { type: 'string', multiple: true, default: [] },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const count = Number(values.events)
if (!Number.isInteger(count) || count < MIN_EVENTS || count > MAX_EVENTS)
  throw new RangeError(`--events is a whole number from ${MIN_EVENTS} to ${MAX_EVENTS}`)
assertBuilt()
const all = [OURS, NOSTR_RELAY, ...values.relay.map(foreignRelay)]
const contestants = values.only === undefined ? all : all.filter(({ name }) => values.only?.split(',').includes(name))
if (contestants.includes(NOSTR_RELAY)) installPeers(fileURLToPath(new URL('.', import.meta.url)))
const { events, fingerprint } = await corpusOf(count)
console.log(`${events.length.toLocaleString('en')} events, fingerprint ${fingerprint}, Node ${process.version}\n`)
const found: [Contestant, NostrFigures][] = []
for (const contestant of contestants) {
  console.error(`${contestant.name} …`)
  found.push([contestant, await measureRelay(contestant, events)])
}
if (values.json) console.log(JSON.stringify(Object.fromEntries(found.map(([{ name }, figures]) => [name, figures]))))
else {
  console.log(`| | ${found.map(([{ name }]) => name).join(' | ')} |\n| --- |${' ---: |'.repeat(found.length)}`)
  for (const name of Object.keys(found[0]?.[1] ?? {})) console.log(`| ${name} | ${found.map(([, figures]) => show(figures[name])).join(' | ')} |`)
}

function show(figure: number | string | undefined): string {
  if (typeof figure !== 'number') return figure ?? ''
  return figure >= 1000 ? Math.round(figure).toLocaleString('en') : figure >= 10 ? figure.toFixed(1) : figure.toFixed(2)
}

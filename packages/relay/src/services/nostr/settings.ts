import { DocstoreError } from '@p2p-docstore/core'
import type { Settings, SettingValues } from '../../settings/setting.ts'
import { numberOf, textsOf } from '../setting-value.ts'
import { MAX_EVENT_BYTES, MAX_MESSAGE_BYTES, MAX_SECONDS_AHEAD } from './limits.ts'

const MIB: number = 1024 * 1024

/** What an operator chooses for Nostr. */
export const nostrSettings: Settings = {
  name: { kind: 'text', about: 'name that clients are shown; that of the network unless given' },
  description: { kind: 'text', about: 'what the relay is for, as clients are shown it' },
  contact: { kind: 'text', about: 'how its operator is reached, such as mailto:me@example.org' },
  pubkey: { kind: 'text', about: 'key of its operator, 64 hexadecimal digits' },
  urls: { kind: 'list', default: [], about: 'URLs under which clients reach it, besides that of the page, such as wss://relay.example' },
  port: { kind: 'whole', min: 0, max: 65_535, default: 0, about: 'a port for Nostr alone, besides that of the page; 0 for none' },
  host: { kind: 'text', default: '127.0.0.1', about: 'address on which that port listens; 0.0.0.0 lets others in' },
  proxies: { kind: 'list', default: [], about: 'addresses of proxies whose X-Forwarded-For is believed' },
  connections: { kind: 'whole', min: 1, max: 100_000, default: 2000, about: 'clients at once' },
  connectionsPerAddress: {
    kind: 'whole',
    min: 1,
    max: 100_000,
    default: 100,
    about: 'clients at once of one address; this very machine does not count',
  },
  subscriptions: { kind: 'whole', min: 1, max: 1000, default: 100, about: 'subscriptions of one client at once' },
  messageBytes: { kind: 'whole', min: 16_384, max: MAX_MESSAGE_BYTES, default: MIB, about: 'largest message of a client, bytes' },
  eventBytes: {
    kind: 'whole',
    min: 1024,
    max: MAX_EVENT_BYTES,
    default: MAX_EVENT_BYTES,
    about: 'largest event, bytes of its JSON; no more than documents of the network have',
  },
  listBytes: {
    kind: 'whole',
    min: 1024,
    max: MAX_EVENT_BYTES,
    default: MAX_EVENT_BYTES,
    about: 'the same for lists: kinds 3, 10000 to 19999 and 30000 to 39999',
  },
  tags: { kind: 'whole', min: 1, max: 10_000, default: 2000, about: 'tags of an event; of a list, 10000' },
  maxLimit: { kind: 'whole', min: 1, max: 100_000, default: 5000, about: 'events that one filter gets at most' },
  defaultLimit: { kind: 'whole', min: 1, max: 100_000, default: 500, about: 'events that a filter without a limit gets' },
  negentropyEvents: { kind: 'whole', min: 1, max: 10_000_000, default: 1_000_000, about: 'events of a set that is compared (NIP-77)' },
  secondsAhead: {
    kind: 'whole',
    min: 1,
    max: MAX_SECONDS_AHEAD,
    default: MAX_SECONDS_AHEAD,
    about: 'how far the time of an event may lie ahead, seconds',
  },
  secondsBehind: { kind: 'whole', min: 0, max: 10_000_000_000, default: 0, about: 'how far it may lie behind, seconds; 0 for no limit' },
  workBits: { kind: 'whole', min: 0, max: 64, default: 0, about: 'proof of work that each event has to show (NIP-13), bits' },
  kinds: { kind: 'list', default: [], about: 'the only kinds that are taken; all where it is empty' },
  privateKinds: {
    kind: 'list',
    default: ['4', '13', '14', '15', '1059', '21059'],
    about: 'kinds that only their author and whom they name get to see',
  },
  eventsPerSecond: {
    kind: 'whole',
    min: 1,
    max: 1_000_000,
    default: 100,
    about: 'events a second of one key and of one client, once they have sent `eventsAtOnce`; 4 times as many of one address',
  },
  eventsAtOnce: { kind: 'whole', min: 1, max: 10_000_000, default: 20_000, about: 'events before that counts' },
  requestsPerSecond: {
    kind: 'whole',
    min: 1,
    max: 1_000_000,
    default: 50,
    about: 'requests a second of one client, once it has made `requestsAtOnce`',
  },
  requestsAtOnce: { kind: 'whole', min: 1, max: 1_000_000, default: 1000, about: 'requests before that counts' },
  authToRead: { kind: 'flag', default: false, about: 'whether only who has shown a key gets events' },
  authToWrite: { kind: 'flag', default: false, about: 'whether only who has shown a key may write' },
  allow: { kind: 'list', default: [], about: 'the only keys that may write; all where it is empty' },
  deny: { kind: 'list', default: [], about: 'keys and addresses that may not' },
  admins: { kind: 'list', default: [], about: 'keys that may change this relay by NIP-86' },
  policy: { kind: 'text', about: 'program that decides about each event, as one for strfry does' },
  policyTimeout: { kind: 'whole', min: 1, max: 10_000, default: 1000, about: 'how long it may take, milliseconds' },
  policyOnFailure: { kind: 'text', choices: ['closed', 'open'], default: 'closed', about: 'whether nothing is taken where it fails, or everything' },
  verifiers: { kind: 'whole', min: 1, max: 64, default: 2, about: 'threads that check signatures, as many as are needed' },
}

/** The same, read. */
export interface NostrConfig {
  readonly name: string | undefined
  readonly description: string | undefined
  readonly contact: string | undefined
  readonly pubkey: string | undefined
  readonly urls: readonly string[]
  readonly port: number
  readonly host: string
  readonly proxies: readonly string[]
  readonly connections: number
  readonly connectionsPerAddress: number
  readonly subscriptions: number
  readonly messageBytes: number
  readonly eventBytes: number
  readonly listBytes: number
  readonly tags: number
  readonly maxLimit: number
  readonly defaultLimit: number
  readonly negentropyEvents: number
  readonly secondsAhead: number
  readonly secondsBehind: number
  readonly workBits: number
  readonly kinds: readonly number[]
  readonly privateKinds: readonly number[]
  readonly eventsPerSecond: number
  readonly eventsAtOnce: number
  readonly requestsPerSecond: number
  readonly requestsAtOnce: number
  readonly authToRead: boolean
  readonly authToWrite: boolean
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly admins: readonly string[]
  readonly policy: string | undefined
  readonly policyTimeout: number
  readonly policyOnFailure: 'closed' | 'open'
  readonly verifiers: number
}

/** Throws `bad-setting` where a list has what does not belong there. */
export function readConfig(values: SettingValues): NostrConfig {
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  const whole = (name: string): number => numberOf(values[name])
  const kinds = (name: string): readonly number[] =>
    textsOf(values[name]).map((kind) => (/^\d{1,5}$/.test(kind) ? Number(kind) : refuse(name, `has ${JSON.stringify(kind)}, which is no kind`)))
  const keys = (name: string): readonly string[] =>
    textsOf(values[name]).map((key) => (isKey(key) ? key : refuse(name, `has ${JSON.stringify(key)}, which is no key of 64 hexadecimal digits`)))
  const pubkey = text('pubkey')
  if (pubkey !== undefined && !isKey(pubkey)) refuse('pubkey', 'is a key of 64 hexadecimal digits')
  const messageBytes = whole('messageBytes')
  return {
    name: text('name'),
    description: text('description'),
    contact: text('contact'),
    pubkey,
    urls: textsOf(values['urls']),
    port: whole('port'),
    host: text('host') ?? '127.0.0.1',
    proxies: textsOf(values['proxies']),
    connections: whole('connections'),
    connectionsPerAddress: whole('connectionsPerAddress'),
    subscriptions: whole('subscriptions'),
    messageBytes,
    eventBytes: Math.min(whole('eventBytes'), messageBytes),
    listBytes: Math.min(whole('listBytes'), messageBytes),
    tags: whole('tags'),
    maxLimit: whole('maxLimit'),
    defaultLimit: Math.min(whole('defaultLimit'), whole('maxLimit')),
    negentropyEvents: whole('negentropyEvents'),
    secondsAhead: whole('secondsAhead'),
    secondsBehind: whole('secondsBehind'),
    workBits: whole('workBits'),
    kinds: kinds('kinds'),
    privateKinds: kinds('privateKinds'),
    eventsPerSecond: whole('eventsPerSecond'),
    eventsAtOnce: whole('eventsAtOnce'),
    requestsPerSecond: whole('requestsPerSecond'),
    requestsAtOnce: whole('requestsAtOnce'),
    authToRead: values['authToRead'] === true,
    authToWrite: values['authToWrite'] === true,
    allow: keys('allow'),
    deny: textsOf(values['deny']),
    admins: keys('admins'),
    policy: text('policy'),
    policyTimeout: whole('policyTimeout'),
    policyOnFailure: values['policyOnFailure'] === 'open' ? 'open' : 'closed',
    verifiers: whole('verifiers'),
  }
}

function isKey(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

function refuse(name: string, what: string): never {
  throw new DocstoreError('bad-setting', `nostr.${name} ${what}`)
}

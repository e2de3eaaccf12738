import { isHex32, type ReplicaNostr } from '@p2p-docstore/core/nostr'
import { isIP } from 'node:net'
import type { Log } from '../../../log.ts'
import type { ListName, Lists, Role } from './lists.ts'

/** Longest text of an order, characters. */
const MAX_TEXT = 2000
/** Roles, and keys that have some, or methods. */
const MAX_ROLES = 200
const MAX_MEMBERS = 100_000

/** What orders act on. */
export interface OrdersInit {
  readonly lists: Lists
  readonly admins: readonly string[]
  readonly nostr: Pick<ReplicaNostr, 'ban' | 'unban'>
  readonly log: Log
}

/** What an order gives; `error` where it cannot be done. */
export type OrderAnswer = { readonly result: unknown } | { readonly result: null; readonly error: string }

type Parameters = readonly unknown[]
/** Does an order; a text says what is wrong with it. */
type Order = (init: OrdersInit, parameters: Parameters) => unknown

/** A change of a list by what an entry names, which takes it off another list. */
function listing(list: ListName, isName: (value: unknown) => boolean, other?: ListName): Order {
  return ({ lists }, [value, reason]) => {
    if (!isName(value)) return wrong('the first parameter')
    const name = String(value)
    if (other !== undefined) lists.remove(other, name)
    return lists.add(list, name, typeof reason === 'string' ? reason : '') || wrong('the list, which is full')
  }
}

function unlisting(list: ListName, isName: (value: unknown) => boolean): Order {
  return ({ lists }, [value]) => {
    if (!isName(value)) return wrong('the first parameter')
    lists.remove(list, String(value))
    return true
  }
}

function listed(list: ListName, as: string): Order {
  return ({ lists }) => lists.entries(list).map(([name, reason]) => ({ [as]: name, ...(reason === '' ? {} : { reason }) }))
}

function listedKinds(list: ListName): Order {
  return ({ lists }) => lists.entries(list).map(([kind]) => Number(kind))
}

function text(name: 'name' | 'description' | 'icon'): Order {
  return ({ lists }, [value]) => {
    if (typeof value !== 'string' || value.length > MAX_TEXT) return wrong('the first parameter')
    lists.texts.set(name, value)
    return true
  }
}

/** The same for an event, which the store takes again. */
async function unbanning(init: OrdersInit, parameters: Parameters, order: (init: OrdersInit, parameters: Parameters) => unknown): Promise<unknown> {
  const done = order(init, parameters)
  if (done === true) await init.nostr.unban([String(parameters[0])])
  return done
}

const isKind = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535
const isAddress = (value: unknown): boolean => typeof value === 'string' && isIP(value) !== 0
const isRoleId = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{1,64}$/.test(value)

/** The methods of NIP-86, by their names. */
const ORDERS: Readonly<Record<string, Order>> = {
  banpubkey: listing('bannedKeys', isHex32, 'allowedKeys'),
  unbanpubkey: unlisting('bannedKeys', isHex32),
  listbannedpubkeys: listed('bannedKeys', 'pubkey'),
  allowpubkey: listing('allowedKeys', isHex32, 'bannedKeys'),
  unallowpubkey: unlisting('allowedKeys', isHex32),
  listallowedpubkeys: listed('allowedKeys', 'pubkey'),
  banevent: async (init, parameters) => {
    const done = listing('bannedEvents', isHex32, 'allowedEvents')(init, parameters)
    if (done === true) await init.nostr.ban([String(parameters[0])])
    return done
  },
  unbanevent: (init, parameters) => unbanning(init, parameters, unlisting('bannedEvents', isHex32)),
  listbannedevents: listed('bannedEvents', 'id'),
  allowevent: (init, parameters) => unbanning(init, parameters, listing('allowedEvents', isHex32, 'bannedEvents')),
  unallowevent: unlisting('allowedEvents', isHex32),
  listallowedevents: listed('allowedEvents', 'id'),
  changerelayname: text('name'),
  changerelaydescription: text('description'),
  changerelayicon: text('icon'),
  allowkind: listing('allowedKinds', isKind, 'disallowedKinds'),
  disallowkind: listing('disallowedKinds', isKind, 'allowedKinds'),
  listallowedkinds: listedKinds('allowedKinds'),
  listdisallowedkinds: listedKinds('disallowedKinds'),
  blockip: listing('blockedAddresses', isAddress),
  unblockip: unlisting('blockedAddresses', isAddress),
  listblockedips: listed('blockedAddresses', 'ip'),
  createrole: ({ lists }, parameters) => setRole(lists, parameters, false),
  editrole: ({ lists }, parameters) => setRole(lists, parameters, true),
  deleterole: ({ lists }, [id]) => {
    if (!isRoleId(id) || !lists.roles.delete(id)) return wrong('the role')
    for (const roles of lists.members.values()) roles.delete(id)
    return true
  },
  assignrole: ({ lists }, [key, id]) => (isRoleId(id) && lists.roles.has(id) ? addTo(lists.members, key, id) : wrong('the role')),
  unassignrole: ({ lists }, [key, id]) => removeFrom(lists.members, key, id),
  assignmethod: ({ lists }, [key, method]) => (isMethod(method) ? addTo(lists.methods, key, method) : wrong('the method')),
  unassignmethod: ({ lists }, [key, method]) => removeFrom(lists.methods, key, method),
  listmethodassignees: ({ lists }) => [...lists.methods].map(([pubkey, methods]) => ({ pubkey, methods: [...methods] })),
}
/** Methods that change nothing that is kept. */
const READING: readonly string[] = ['supportedmethods', ...Object.keys(ORDERS).filter((name) => name.startsWith('list'))]
/** Who may do these could give himself all others. */
const ADMINS_ONLY: readonly string[] = ['assignmethod', 'unassignmethod', 'listmethodassignees']

/** Does what somebody orders who has shown a key; `undefined` where this key may order nothing. */
export async function doOrder(init: OrdersInit, key: string, body: string): Promise<OrderAnswer | undefined> {
  const allowed = methodsOf(init, key)
  if (allowed.length === 0) return undefined
  const order = readOrder(body)
  if (order === undefined) return { result: null, error: 'an order is {"method": text, "params": list}' }
  const { method, parameters } = order
  if (method === 'supportedmethods') return { result: allowed }
  const run = Object.hasOwn(ORDERS, method) ? ORDERS[method] : undefined
  if (run === undefined) return { result: null, error: `there is no method ${JSON.stringify(method.slice(0, 40))}` }
  if (!allowed.includes(method)) return { result: null, error: `this key may not do ${method}` }
  const result = await run(init, parameters)
  if (result instanceof WrongOrder) return { result: null, error: result.message }
  if (!READING.includes(method)) {
    await init.lists.save()
    init.log.info({ key, method, parameters: JSON.stringify(parameters).slice(0, 300) }, 'nostr-order')
  }
  return { result }
}

function methodsOf({ lists, admins }: OrdersInit, key: string): readonly string[] {
  if (admins.includes(key)) return Object.keys(ORDERS)
  return [...(lists.methods.get(key) ?? [])].filter((method) => !ADMINS_ONLY.includes(method))
}

function readOrder(body: string): { readonly method: string; readonly parameters: Parameters } | undefined {
  try {
    const { method, params = [] } = JSON.parse(body) as { readonly method?: unknown; readonly params?: unknown }
    return typeof method === 'string' && Array.isArray(params) ? { method, parameters: params } : undefined
  } catch {
    return undefined
  }
}

/** What is wrong with an order. */
class WrongOrder {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

function wrong(what: string): WrongOrder {
  return new WrongOrder(`there is something wrong with ${what}`)
}

function isMethod(value: unknown): value is string {
  return typeof value === 'string' && Object.hasOwn(ORDERS, value) && !ADMINS_ONLY.includes(value)
}

function setRole(lists: Lists, [id, label = '', description = '', color = '', order = 0]: Parameters, isThere: boolean): true | WrongOrder {
  if (!isRoleId(id) || lists.roles.has(id) !== isThere || lists.roles.size >= MAX_ROLES) return wrong('the role')
  const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_TEXT
  if (!isText(label) || !isText(description) || !isText(color) || typeof order !== 'number') return wrong('what the role is to be')
  lists.roles.set(id, { label, description, color, order } satisfies Role)
  return true
}

function addTo(all: Map<string, Set<string>>, key: unknown, name: string): true | WrongOrder {
  if (!isHex32(key) || (all.size >= MAX_MEMBERS && !all.has(key))) return wrong('the key')
  all.set(key, (all.get(key) ?? new Set()).add(name))
  return true
}

function removeFrom(all: Map<string, Set<string>>, key: unknown, name: unknown): true | WrongOrder {
  if (!isHex32(key) || typeof name !== 'string') return wrong('the parameters')
  const names = all.get(key)
  names?.delete(name)
  if (names?.size === 0) all.delete(key)
  return true
}

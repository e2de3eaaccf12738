import type { Replica } from '@p2p-docstore/core'

/** Where the lists are kept: with the data, so that they are backed up with it. */
const META_KEY = 'nostr-lists'
/** Entries of one list. */
const MAX_ENTRIES = 100_000
const MAX_REASON_LENGTH = 500

/** Lists that an admin changes while the relay runs, each with reasons by what it names. */
export const LIST_NAMES = [
  'bannedKeys',
  'allowedKeys',
  'bannedEvents',
  'allowedEvents',
  'blockedAddresses',
  'allowedKinds',
  'disallowedKinds',
] as const
export type ListName = (typeof LIST_NAMES)[number]

/** A role, which is shown to clients, and gives its members the methods that it names. */
export interface Role {
  readonly label: string
  readonly description: string
  readonly color: string
  readonly order: number
}

interface Kept {
  lists?: Partial<Record<ListName, Record<string, string>>>
  texts?: Partial<Record<'name' | 'description' | 'icon', string>>
  roles?: Record<string, Role>
  members?: Record<string, string[]>
  methods?: Record<string, string[]>
}

/** What admins have changed. */
export class Lists {
  readonly #values: Pick<Replica, 'getMeta' | 'setMeta'>
  readonly #lists: Readonly<Record<ListName, Map<string, string>>>
  /** What clients are shown in place of the settings. */
  readonly texts = new Map<'name' | 'description' | 'icon', string>()
  readonly roles = new Map<string, Role>()
  /** Roles, and methods of NIP-86 beyond those of no admin, by key. */
  readonly members = new Map<string, Set<string>>()
  readonly methods = new Map<string, Set<string>>()
  #saving: Promise<void> = Promise.resolve()

  private constructor(values: Pick<Replica, 'getMeta' | 'setMeta'>, kept: Kept) {
    this.#values = values
    this.#lists = Object.fromEntries(LIST_NAMES.map((name) => [name, new Map(Object.entries(kept.lists?.[name] ?? {}))])) as Record<
      ListName,
      Map<string, string>
    >
    for (const [name, text] of Object.entries(kept.texts ?? {})) this.texts.set(name as 'name', text)
    for (const [id, role] of Object.entries(kept.roles ?? {})) this.roles.set(id, role)
    for (const [key, ids] of Object.entries(kept.members ?? {})) this.members.set(key, new Set(ids))
    for (const [key, names] of Object.entries(kept.methods ?? {})) this.methods.set(key, new Set(names))
  }

  /** Those that are kept with the data. */
  static async open(values: Pick<Replica, 'getMeta' | 'setMeta'>): Promise<Lists> {
    const bytes = await values.getMeta(META_KEY)
    return new Lists(values, bytes === undefined ? {} : (JSON.parse(new TextDecoder().decode(bytes)) as Kept))
  }

  has(list: ListName, name: string): boolean {
    return this.#lists[list].has(name)
  }

  isEmpty(list: ListName): boolean {
    return this.#lists[list].size === 0
  }

  entries(list: ListName): readonly (readonly [name: string, reason: string])[] {
    return [...this.#lists[list]]
  }

  /** False where the list is full. */
  add(list: ListName, name: string, reason = ''): boolean {
    const entries = this.#lists[list]
    if (entries.size >= MAX_ENTRIES && !entries.has(name)) return false
    entries.set(name, reason.slice(0, MAX_REASON_LENGTH))
    return true
  }

  remove(list: ListName, name: string): void {
    this.#lists[list].delete(name)
  }

  /** Resolves once everything is on disk. */
  async save(): Promise<void> {
    const previous = this.#saving
    const save = async (): Promise<void> => {
      // Whoever waits for it learns that it failed; the next one tries again.
      await previous.catch(() => undefined)
      const sets = (all: ReadonlyMap<string, ReadonlySet<string>>): Record<string, string[]> =>
        Object.fromEntries([...all].map(([key, names]) => [key, [...names]]))
      const kept: Kept = {
        lists: Object.fromEntries(LIST_NAMES.map((name) => [name, Object.fromEntries(this.#lists[name])])),
        texts: Object.fromEntries(this.texts),
        roles: Object.fromEntries(this.roles),
        members: sets(this.members),
        methods: sets(this.methods),
      }
      await this.#values.setMeta(META_KEY, new TextEncoder().encode(JSON.stringify(kept)), { flushed: true })
    }
    this.#saving = save()
    return this.#saving
  }
}

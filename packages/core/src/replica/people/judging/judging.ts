import { toHex } from '../../../model/bytes.ts'
import { PERSON_BYTES, personOf } from '../../../model/people/author.ts'
import type { RolesState } from '../../../model/people/roles-state.ts'
import type { ReplicaGround } from '../../ground.ts'
import { UNJUDGED } from '../../heads/head-prefixes.ts'
import type { OpenNamespace } from '../../open-namespace.ts'
import type { Removing } from '../../removing.ts'
import { type Concerned, concernedBy } from './concerned.ts'

/** What judging by logs needs of the namespaces that are here. */
export interface JudgingInit {
  readonly ground: ReplicaGround
  readonly get: (id: string) => OpenNamespace | undefined
  readonly all: () => Iterable<OpenNamespace>
  /** Puts a namespace in the place of the same one, so that what is under way there is judged anew. */
  readonly renew: (open: OpenNamespace) => void
  /** Tells others that the logs of a namespace have changed. */
  readonly tell: (id: string) => void
  /** Called when logs have changed that say which head of a namespace counts. */
  readonly settleHead: (id: string) => Promise<void>
  /** Called when all that is here of a namespace is what its logs accept, after these have changed. */
  readonly onJudged: (id: string) => Promise<void>
  /** Called where devices of this person may have ended that acted in the log of roles of a namespace, with what that said before. Not waited for: what follows from it are acts. */
  readonly onRolesLost: (id: string, before: RolesState) => void
  readonly removing: () => Promise<Removing>
}

/** What has to be judged again in a namespace. */
interface Unjudged {
  /** Persons whose records that are, by their digests, hexadecimal. */
  readonly persons: ReadonlyMap<string, Uint8Array>
  /** What its roles said before, where they may say something else now. */
  readonly roles?: RolesState
}

/** Judges again what is stored where logs of persons or roles have changed. A process that ends in the middle of that begins with it. */
export class Judging {
  readonly #init: JudgingInit
  /** Namespaces in which logs have changed by which not everything was judged yet, by their ids, and what that is: `undefined` for all. */
  readonly #unjudged = new Map<string, Unjudged | undefined>()
  /** Ids of namespaces of which logs have changed, and whose head was not looked at since. */
  readonly #unsettled = new Set<string>()

  constructor(init: JudgingInit) {
    this.#init = init
  }

  /** Takes up what another process left. */
  async resume(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      this.#unjudged.set(id, undefined)
      this.#unsettled.add(id)
      await this.later(id)
    }
  }

  /** The logs by which namespaces, by their numbers, are judged are about to change: that of a person or, without one, that of the roles. `isLate`: they have. */
  async changing(numbers: readonly number[], person: Uint8Array | undefined, isLate: boolean): Promise<void> {
    if (numbers.length === 0) return
    const concerned = new Set(numbers)
    for (const open of this.#init.all()) {
      if (!concerned.has(open.ns)) continue
      await this.#init.ground.storage.setMeta(UNJUDGED + open.id, Uint8Array.of(1))
      this.#unjudged.set(open.id, isLate ? undefined : await this.#unjudgedBy(open, person))
    }
  }

  async #unjudgedBy(open: OpenNamespace, person: Uint8Array | undefined): Promise<Unjudged | undefined> {
    const before = this.#unjudged.get(open.id)
    if (this.#unjudged.has(open.id) && before === undefined) return undefined
    const people = await this.#init.ground.people.load()
    const persons = new Map(before?.persons)
    if (person !== undefined) persons.set(toHex(person), person)
    // Where the person acts in the log of roles, it is about what others may do, too.
    const isOfRoles = person === undefined || people.decidesRoles(open, person)
    const roles = before?.roles ?? (isOfRoles ? await people.roles(open) : undefined)
    return { persons, ...(roles && { roles }) }
  }

  /** They have changed: what is under way is judged anew, and what is here once more. */
  async changed(numbers: readonly number[]): Promise<void> {
    const changed = [...this.#init.all()].filter(({ ns }) => numbers.includes(ns)).map((open): OpenNamespace => ({ ...open }))
    for (const open of changed) {
      this.#init.renew(open)
      this.#unsettled.add(open.id)
    }
    for (const open of changed) {
      await this.#settle(open.id)
      // Before anybody hears of it, who asks then what may be written.
      if (open.scope.write === 'members') await (await this.#init.ground.people.load()).roles(open)
      this.#init.tell(open.id)
    }
    for (const open of changed) {
      await this.judge(open.id)
      await this.#init.onJudged(open.id)
    }
  }

  async #settle(id: string): Promise<void> {
    if (!this.#unsettled.has(id)) return
    await this.#init.settleHead(id)
    this.#unsettled.delete(id)
  }

  /** Does what could not be done when logs had changed. */
  async later(id: string): Promise<void> {
    await this.#settle(id)
    await this.judge(id)
  }

  /** Resolves when all that is stored of a namespace is what the logs accept that it needs. */
  async judge(id: string): Promise<void> {
    const { ground, get, removing } = this.#init
    while (this.#unjudged.has(id)) {
      const people = await ground.people.load()
      const open = get(id)
      const unjudged = this.#unjudged.get(id)
      const isCurrent = (): boolean => get(id) === open && this.#unjudged.get(id) === unjudged
      if (open !== undefined) {
        const concerned = unjudged && (await this.#concernedBy(open, unjudged))
        // Where it is also about some records, whoever wrote them, all authors have to be known.
        const isOfSome = concerned !== undefined && concerned.hashes.length === 0
        const authority = isOfSome ? await people.authorityOf(open, concerned.persons.filter(isPersonDigest)) : await people.authorityIn(open)
        await (await removing()).againstLogs(open, authority, { isCurrent, ...(concerned && { concerned }) })
      }
      if (!isCurrent()) continue
      this.#unjudged.delete(id)
      await ground.storage.setMeta(UNJUDGED + id, undefined)
      const own = personOf(ground.identity.author)
      if (unjudged?.roles !== undefined && own !== undefined && unjudged.persons.has(toHex(own))) this.#init.onRolesLost(id, unjudged.roles)
    }
  }

  async #concernedBy(open: OpenNamespace, { persons, roles: before }: Unjudged): Promise<Concerned | undefined> {
    const roles = before && (await this.#init.ground.people.loaded?.roles(open))
    if (before === undefined || roles === undefined) return { persons: [...persons.values()], hashes: [] }
    return concernedBy(before, roles, persons.values())
  }

  /** A namespace has gone from here. */
  forget(id: string): void {
    this.#unjudged.delete(id)
    this.#unsettled.delete(id)
  }
}

function isPersonDigest({ length }: Uint8Array): boolean {
  return length === PERSON_BYTES
}

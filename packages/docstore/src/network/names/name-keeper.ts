import { type Network, type Replica, type Signed, toHex, Turns } from '@p2p-docstore/core'
import { type NameState, nameState, type VerifiedStatement, verifyStatement } from '@p2p-docstore/core/people/names'
import { actsForOf, personsOf } from './acts-for.ts'
import { keptStatements } from './kept-statements.ts'
import { KnownNames } from './known-names.ts'

export interface NameKeeperInit {
  readonly replica: Pick<Replica, 'getMeta' | 'setMeta' | 'listMeta' | 'devicesOf' | 'learnPerson'>
  readonly network: Network
  /** Whether grants are made here: then nothing is forgotten that was granted. */
  readonly isAuthority: boolean
  /** Unix milliseconds. */
  readonly now: () => number
}

/** Takes in what others say of names, checked, and keeps what counts. */
export class NameKeeper {
  readonly known: KnownNames
  readonly #init: NameKeeperInit
  /** One change at a time: each adds to what the one before has left. */
  readonly #turns = new Turns()

  constructor(init: NameKeeperInit) {
    this.#init = init
    this.known = new KnownNames(init.replica, init.network)
  }

  /** Checks statements and keeps what counts; the logs of those who signed them have to be here. Resolves with how many were new, and whether any was forged. */
  async take(statements: readonly Signed[]): Promise<{ readonly stored: number; readonly isForged: boolean }> {
    const verdicts = await Promise.all(statements.map((statement) => verifyStatement(statement, this.#init.network)))
    const byName = new Map<string, VerifiedStatement[]>()
    for (const verdict of verdicts)
      if (verdict.ok) byName.set(verdict.value.value.name, [...(byName.get(verdict.value.value.name) ?? []), verdict.value])
    let stored = 0
    for (const [name, more] of byName) stored += await this.change(name, async () => more)
    return { stored, isForged: verdicts.some((verdict) => !verdict.ok) }
  }

  /** Adds what `work` makes of what is known of a name, while nothing else changes; resolves with how many statements were new. On disk then. */
  change(name: string, work: (known: readonly VerifiedStatement[]) => Promise<readonly VerifiedStatement[]>): Promise<number> {
    return this.#turns.take(async () => {
      const known = await this.known.about(name)
      const more = await work(known)
      const actsFor = await actsForOf(this.#init.replica, [...known, ...more])
      const { network } = this.#init
      const kept = keptStatements(known, more, { network, name, actsFor, now: this.#init.now() })
      const before = new Set(known.map(({ hash }) => toHex(hash)))
      const fresh = kept.filter(({ hash }) => !before.has(toHex(hash)))
      if (fresh.length === 0) return 0
      if (known.length === 0 && !(await this.#makeRoom())) return 0
      // Without these nobody could judge it.
      for (const person of personsOf(fresh)) await this.#init.replica.learnPerson({ log: person, acts: [] }, { keep: true })
      // What an authority has said must not be unsaid, whatever happens to its machine.
      await this.known.put(name, kept, { flushed: this.#init.isAuthority })
      return fresh.length
    })
  }

  /** What others have granted can be asked for again. */
  async #makeRoom(): Promise<boolean> {
    if (!(await this.known.isFull())) return true
    if (this.#init.isAuthority) return false
    for (const name of (await this.known.some()).slice(0, 10)) await this.known.forget(name)
    return true
  }

  /** How it stands with a name, by what is here. */
  async state(name: string): Promise<NameState> {
    return stateOfName(await this.known.about(name), name, this.#init)
  }
}

/** How it stands with a name, by these statements about it. */
export async function stateOfName(
  statements: readonly VerifiedStatement[],
  name: string,
  { replica, network, now }: { readonly replica: Pick<Replica, 'devicesOf'>; readonly network: Network; readonly now: () => number },
): Promise<NameState> {
  return nameState({ network, name, statements, actsFor: await actsForOf(replica, statements), now: now() })
}

import { backgroundTimer } from '../../background-timer.ts'
import { SEQ_SPAN } from '../schema.ts'
import type { Statements } from '../statements.ts'
import type { News } from './messages.ts'

/** How long changes are gathered before others are told, milliseconds. PostgreSQL lets one transaction with a NOTIFY commit at a time. */
const TELL_MS = 20
/** How often it is looked whether something went unheard, milliseconds; and how often on engines that have no NOTIFY (YugabyteDB, CockroachDB). */
const LOOK_MS = 30_000
const LOOK_OFTEN_MS = 1000
/** Namespaces that one message names; where more have changed, the next look finds them. */
const MAX_NAMED = 200

/** What is needed to share a database. */
export interface SharedDatabaseInit {
  readonly statements: Statements
  /** Name under which processes tell each other of changes. */
  readonly channel: string
  /** Whether the server can be asked now. */
  readonly isConnected: () => boolean
  /** Called with namespaces that others have changed. What was known of the tables is to be forgotten. */
  readonly onOthers: (ns: readonly number[]) => void
}

/**
 * One of several processes on a database. A namespace is changed by one of them at a time, who locks its row for that; the row says who was the last, so
 * that each knows whether what it remembers still holds. Rows are all that this needs: advisory locks are not everywhere.
 */
export class SharedDatabase {
  readonly #init: SharedDatabaseInit
  /** Stands for this process, as long as it has the database open. */
  readonly #writer: number = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
  readonly #changed = new Set<number>()
  /** Positions that were seen of namespaces that others have changed last. */
  readonly #seen = new Map<number, number>()
  #teller: ReturnType<typeof setTimeout> | undefined
  #looker: ReturnType<typeof setTimeout> | undefined
  #hears = true
  #isClosed = false

  constructor(init: SharedDatabaseInit) {
    this.#init = init
    // What others did before this is read with everything else.
    this.#others()
    this.#lookLater()
  }

  /** Begins a transaction, see `Transactions`. */
  begin(ns: number | undefined, forget: () => void): void {
    const { statements } = this.#init
    statements.own('BEGIN').run()
    if (ns === undefined) {
      // Always in this order, so that two who do this wait for each other one way only.
      const rows = statements.own('SELECT ns, writer FROM namespaces ORDER BY ns FOR UPDATE').all()
      if (rows.some(({ writer }) => writer !== this.#writer)) {
        forget()
        statements.own('UPDATE namespaces SET writer = ? WHERE writer <> ?').run(this.#writer, this.#writer)
      }
      for (const row of rows) this.#tell(Number(row['ns']))
      return
    }
    if (ns === 0) return
    const row = statements.own('SELECT writer FROM namespaces WHERE ns = ? FOR UPDATE').get(ns)
    if (row?.['writer'] !== this.#writer) {
      forget()
      statements.own('UPDATE namespaces SET writer = ? WHERE ns = ?').run(this.#writer, ns)
    }
    this.#tell(ns)
  }

  /** A namespace that was just saved, perhaps for the first time. */
  saved(ns: number): void {
    this.#tell(ns)
  }

  /** Takes up what the connection's thread tells. */
  news(news: News): void {
    if (news.kind === 'connected') {
      this.#hears = news.hears
      this.#look()
      this.#lookLater()
    }
    if (news.kind !== 'heard') return
    const [writer, ...named] = news.text.split(' ').map(Number)
    if (writer !== this.#writer && named.length > 0) this.#init.onOthers(named)
  }

  #tell(ns: number): void {
    this.#changed.add(ns)
    this.#teller ??= backgroundTimer(() => this.#tellNow(), TELL_MS)
  }

  #tellNow(): void {
    this.#teller = undefined
    if (this.#isClosed || !this.#init.isConnected()) return
    const named = [...this.#changed].slice(0, MAX_NAMED)
    this.#changed.clear()
    try {
      this.#init.statements.own('SELECT pg_notify(?, ?)').get(this.#init.channel, [this.#writer, ...named].join(' '))
    } catch {
      // The engine has no such thing, or the server has just gone: others find it when they look.
    }
  }

  #lookLater(): void {
    clearTimeout(this.#looker)
    this.#looker = backgroundTimer(
      () => {
        this.#look()
        if (!this.#isClosed) this.#lookLater()
      },
      this.#hears ? LOOK_MS : LOOK_OFTEN_MS,
    )
  }

  #look(): void {
    if (this.#isClosed || !this.#init.isConnected()) return
    try {
      const found = this.#others()
      if (found.length > 0) this.#init.onOthers(found)
    } catch {
      // The server has just gone; the next look is in a moment.
    }
  }

  /** Namespaces that others have changed last, and further than was seen. */
  #others(): readonly number[] {
    const rows = this.#init.statements
      .own(
        'SELECT n.ns, (SELECT max(r.rid) FROM records r WHERE r.rid > n.ns * ? AND r.rid < (n.ns + 1) * ?) AS last FROM namespaces n WHERE n.writer <> ?',
      )
      .all(SEQ_SPAN, SEQ_SPAN, this.#writer)
    return rows.flatMap(({ ns, last }) => {
      const [number, at] = [Number(ns), Number(last ?? 0)]
      if (this.#seen.get(number) === at) return []
      this.#seen.set(number, at)
      return [number]
    })
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#teller)
    clearTimeout(this.#looker)
  }
}

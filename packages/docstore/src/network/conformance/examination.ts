import type { Connection } from '@libp2p/interface'
import { syncProtocol } from '../sync/index.ts'
import { NotTried } from './verdicts.ts'
import type { Notebook } from './notebook.ts'
import { SyncTalk } from './sync-talk.ts'
import { type Target, Visitor } from './visitor.ts'

/** What clauses look with, and what earlier ones have found out for later ones. */
export class Examination {
  readonly target: Target
  /** What the peer said in its greeting. */
  role: 'relay' | 'peer' | undefined
  /** What it says that it speaks. */
  protocols: readonly string[] = []
  /** Our namespace, once the peer has taken it. */
  notebook: Notebook | undefined
  #visitors: Visitor[] = []

  constructor(target: Target) {
    this.target = target
  }

  get networkId(): string {
    return this.target.network.id
  }

  /** A peer that was never there before: what one did is not held against the next. */
  async visitor(options?: Parameters<typeof Visitor.start>[1]): Promise<Visitor> {
    const visitor = await Visitor.start(this.target, options)
    this.#visitors.push(visitor)
    return visitor
  }

  /** A connection of a new visitor, through its greeting. */
  async guest(): Promise<{ visitor: Visitor; connection: Connection }> {
    const visitor = await this.visitor()
    return { visitor, connection: await visitor.visit() }
  }

  /** A new visitor's stream for sync, through its hello. */
  async sync(): Promise<SyncTalk> {
    const { visitor, connection } = await this.guest()
    const talk = new SyncTalk(await visitor.open(connection, syncProtocol(this.networkId)), this.networkId)
    await talk.hello()
    return talk
  }

  /** Our namespace at the peer. */
  ours(): Notebook {
    if (this.notebook === undefined) throw new NotTried('the peer has taken no namespace of ours')
    return this.notebook
  }

  /** To be called between two clauses. */
  async clear(): Promise<void> {
    await Promise.all(this.#visitors.splice(0).map((visitor) => visitor.stop()))
  }
}

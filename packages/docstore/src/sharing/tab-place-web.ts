import { DocstoreError, errorCode, toHex } from '@p2p-docstore/core'
import { takeLock, tryLock } from '../rpc/locks-web.ts'
import type { Port } from '../rpc/rpc.ts'
import { TabPort } from '../rpc/tab-port-web.ts'
import { PageLife } from './page-life-web.ts'
import { OWNER_TIMEOUT_MS } from './opened.ts'
import { type Passphrase, passphraseOf } from './passphrase.ts'
import type { Entry, Place } from './place.ts'
import { type HallMessage, Reception } from './reception-web.ts'
import { WorkerData } from './worker-data-web.ts'

/** How long one knock waits for an answer, milliseconds. */
const KNOCK_MS = 1000

/** What became of a knock; a function lets go of the lock that came to us instead. */
type Answer = 'welcome' | 'starting' | 'silent' | (() => void)

/**
 * Data of a browser's origin. A Web Lock says which tab holds it, and comes to the next one the moment its holder is gone, however
 * that happens. The holder answers the others on a BroadcastChannel. It is never taken from a tab by force: a tab that sleeps without
 * having let go still has the files, and no other could open them.
 */
export class TabPlace implements Place {
  readonly #data: string
  readonly #name: string
  readonly #life = new PageLife()
  readonly #passphrase: Passphrase | undefined
  #isClosed = false

  constructor(data: string, passphrase: Passphrase | undefined) {
    this.#passphrase = passphrase
    this.#data = data
    this.#name = `docstore/${data}`
  }

  async enter({ mayHold }: { mayHold: boolean }): Promise<Entry> {
    const asleep = await this.#life.awake()
    if (this.#isClosed) return { kind: 'silent' }
    const unlock = mayHold ? await this.#tryLock() : undefined
    if (unlock !== undefined) return this.#hold(unlock, asleep)
    const line = `${this.#name}/${randomName()}`
    const port = await TabPort.open(line, 'caller', asleep)
    const answer = await this.#knock(line, mayHold, asleep)
    if (answer === 'welcome') {
      port.watch()
      return { kind: 'line', port }
    }
    port.close()
    return typeof answer === 'function' ? this.#hold(answer, asleep) : { kind: answer }
  }

  patienceMs(): number {
    return OWNER_TIMEOUT_MS
  }

  inUse(): DocstoreError {
    return new DocstoreError('data-in-use', 'Another tab or window holds this data and does not answer. Close it, or look at it to wake it up')
  }

  close(): void {
    this.#isClosed = true
    this.#life.close()
  }

  async #tryLock(): Promise<(() => void) | undefined> {
    try {
      return await tryLock(this.#name)
    } catch {
      // Where the browser gives no locks it gives no files either: the worker will say so in our words.
      return () => undefined
    }
  }

  async #hold(unlock: () => void, asleep: AbortSignal): Promise<Entry> {
    const reception = new Reception(this.#name)
    const release = (): void => {
      reception.close()
      unlock()
    }
    try {
      const aliveLock = `${this.#name}/worker/${randomName()}`
      const listen = async (serve: (port: Port) => void): Promise<() => void> => {
        reception.open(serve)
        return () => reception.close()
      }
      const held = await WorkerData.open(this.#data, { asleep, aliveLock, listen, release, passphrase: passphraseOf(this.#passphrase) })
      return { kind: 'held', held }
    } catch (error) {
      // A page of an earlier version does not share.
      if (errorCode(error) !== 'data-in-use') throw error
      return { kind: 'silent' }
    }
  }

  /** Asks the owner for a line, and waits for the lock meanwhile: the owner may end before it answers. */
  async #knock(line: string, mayHold: boolean, asleep: AbortSignal): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const over = new AbortController()
    const end = (answer: Answer): void => {
      // Of an answer and the lock that come together, one is too many.
      if (over.signal.aborted && typeof answer === 'function') answer()
      over.abort()
      resolve(answer)
    }
    const hall = new BroadcastChannel(this.#name)
    const knock = (): void => hall.postMessage({ kind: 'knock', line } satisfies HallMessage)
    let noAnswer: 'silent' | 'starting' = 'silent'
    hall.addEventListener('message', ({ data }: MessageEvent<HallMessage>) => {
      if (data.kind === 'ready') knock()
      else if (data.line === line && data.kind === 'starting') noAnswer = 'starting'
      else if (data.line === line && data.kind === 'welcome') end('welcome')
    })
    knock()
    const timer = setTimeout(() => end(noAnswer), KNOCK_MS)
    asleep.addEventListener('abort', () => end('silent'), { signal: over.signal })
    if (mayHold) takeLock(this.#name, { signal: over.signal }).then(end, () => undefined)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      hall.close()
    }
  }
}

function randomName(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)))
}

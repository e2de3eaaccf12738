import { type ClockReport, PeerClocks, type Replica } from '@p2p-docstore/core'

/** What a time keeper works with. */
export interface TimeKeeperInit {
  readonly replica: Replica
  /** Called when what the relays say about our clock has changed. */
  readonly onChange: (report: ClockReport) => void
  /** Called when something was written anew, so that peers who held it back are asked again. */
  readonly onMended: () => void
  readonly onError: (error: unknown) => void
  /** Wall clock, Unix milliseconds. */
  readonly now?: (() => number) | undefined
}

/**
 * Looks after the clock of this peer: compares it with what relays tell, and as soon as it is known to be right, has written anew what was
 * written here under a clock that was ahead.
 */
export class TimeKeeper {
  readonly clocks: PeerClocks
  readonly #init: TimeKeeperInit
  /** Whether something may have to be mended: at the beginning, and whenever a peer held something back. */
  #isDue = true
  #mending: Promise<void> | undefined
  #isStopped = false
  #said = ''

  constructor(init: TimeKeeperInit) {
    this.#init = init
    this.clocks = new PeerClocks({ ...(init.now === undefined ? {} : { now: init.now }), onTold: () => this.#look() })
  }

  /** A peer held something of ours back. */
  held(): void {
    this.#isDue = true
    this.#look()
  }

  /** Resolves when nothing is being mended any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#mending
  }

  #look(): void {
    if (this.#isStopped) return
    const report = this.clocks.report()
    const said = `${report.state} ${report.wrong.join(' ')}`
    if (said !== this.#said) {
      this.#said = said
      // What was signed meanwhile may be held back by nobody: where no document was written nothing is sent.
      this.#isDue = true
      this.#init.onChange(report)
    }
    if (report.state === 'right' && this.#isDue) this.#mending ??= this.#mend()
  }

  async #mend(): Promise<void> {
    // After the answer that showed it was worked on: what it tells of is what is mended.
    await Promise.resolve()
    try {
      while (this.#isDue && !this.#isStopped && this.clocks.report().state === 'right') {
        this.#isDue = false
        const { records, namespaces, acts } = await this.#init.replica.redate()
        if (records + namespaces + acts > 0) this.#init.onMended()
      }
    } catch (error) {
      // Tried again when something is held back the next time, which is after two minutes at the latest.
      this.#init.onError(error)
    } finally {
      this.#mending = undefined
    }
  }
}

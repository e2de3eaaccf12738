import type { SingleBar } from 'cli-progress'
import type { Docstore, Namespace, PutManyResult } from 'p2p-docstore'
import type { Output } from '../output/output.ts'

/** How often the documents at the relay are counted for the bar, milliseconds. */
const REFRESH_MS = 200

interface ImportProgressInit {
  readonly output: Output
  readonly store: Docstore
  readonly namespace: Namespace
  readonly bytesRead: () => number
  /** Bytes of the file; `undefined` where nobody knows. */
  readonly size: number | undefined
}

interface Shown {
  readonly read: number
  readonly written: number
  readonly delivered: number
}

/** The progress bar of an import, on standard error; nothing where no person looks at it. */
export class ImportProgress {
  readonly #bar: SingleBar | undefined
  readonly #bytesRead: () => number
  readonly #timer: ReturnType<typeof setInterval> | undefined
  #shown: Shown = { read: 0, written: 0, delivered: 0 }

  private constructor(bar: SingleBar | undefined, { namespace, bytesRead }: ImportProgressInit, seqBefore: number) {
    this.#bar = bar
    this.#bytesRead = bytesRead
    if (bar === undefined) return
    this.#timer = setInterval(() => {
      namespace.status().then(
        ({ peers }) => this.#show({ delivered: Math.max(0, ...peers.map(({ acked }) => acked - seqBefore)) }),
        () => undefined,
      )
    }, REFRESH_MS)
  }

  /** A bar that stands at zero. */
  static async start(init: ImportProgressInit): Promise<ImportProgress> {
    if (!init.output.showsProgress) return new ImportProgress(undefined, init, 0)
    const { SingleBar } = await import('cli-progress')
    const bar = new SingleBar({ format: '{bar} {percentage}%  {read} read, {written} written, {delivered} at a relay', hideCursor: true })
    const seqBefore = await init.store.replica.lastSeq(init.namespace.id)
    bar.start(init.size ?? 0, 0, { read: 0, written: 0, delivered: 0 })
    return new ImportProgress(bar, init, seqBefore)
  }

  update({ read, written }: PutManyResult): void {
    this.#show({ read, written })
  }

  #show(changed: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...changed }
    const { read, written, delivered } = this.#shown
    this.#bar?.update(this.#bytesRead(), { read, written, delivered: Math.min(delivered, written) })
  }

  /** Leaves the bar as it is and gives the line free. */
  stop(): void {
    clearInterval(this.#timer)
    if (this.#bar?.isActive === true) this.#bar.stop()
  }
}

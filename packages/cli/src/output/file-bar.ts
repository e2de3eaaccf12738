import type { SingleBar } from 'cli-progress'
import type { FileProgress } from 'p2p-docstore'
import { byteText } from './byte-text.ts'
import type { Output } from './output.ts'

/** The progress bar of a file, on standard error; nothing where no person looks at it. */
export class FileBar {
  readonly #bar: SingleBar | undefined

  private constructor(bar: SingleBar | undefined) {
    this.#bar = bar
  }

  /** A bar that stands at zero. */
  static async start(output: Output): Promise<FileBar> {
    if (!output.showsProgress) return new FileBar(undefined)
    const { SingleBar } = await import('cli-progress')
    const bar = new SingleBar({ format: '{bar} {percentage}%  {done} of {all}', hideCursor: true })
    bar.start(0, 0, { done: byteText(0), all: '?' })
    return new FileBar(bar)
  }

  readonly update = ({ bytes, total }: FileProgress): void => {
    if (total !== undefined) this.#bar?.setTotal(total)
    this.#bar?.update(bytes, { done: byteText(bytes), all: total === undefined ? '?' : byteText(total) })
  }

  stop(): void {
    this.#bar?.stop()
  }
}

import { errorCode, type FileKey, FileWalk, type Replica } from '@p2p-docstore/core'
import type { Block } from './block.ts'
import { badExport } from './car-reader.ts'

/** Takes the files of an export: of a list of them the blocks come one after another, each in its place. Its methods throw `bad-export`. */
export class FileTaking {
  readonly #replica: Pick<Replica, 'file' | 'storeBlock' | 'missingBlocks'>
  readonly #ns: string
  #due: readonly FileKey[] = []
  #walk: FileWalk | undefined
  /** Whether a document here names the file that is read: else it is read, and kept nowhere. */
  #isNamed = false
  /** Files that are whole here. */
  taken = 0

  constructor(replica: Pick<Replica, 'file' | 'storeBlock' | 'missingBlocks'>, ns: string) {
    this.#replica = replica
    this.#ns = ns
  }

  /** Whether blocks of a file come next. */
  get isDue(): boolean {
    return this.#due.length > 0
  }

  async begin(files: readonly FileKey[]): Promise<void> {
    this.#due = files
    await this.#open()
  }

  async add({ cid, bytes }: Block): Promise<void> {
    const [file] = this.#due
    const block = this.#walk?.next()
    if (file === undefined || block?.cid !== cid.toString() || this.#walk?.take(bytes) !== true)
      throw badExport('a block of a file is missing, or another one')
    if (this.#isNamed && bytes.length > 0) this.#isNamed = await this.#store(file, () => this.#replica.storeBlock(this.#ns, file.cid, block, bytes))
    if (this.#walk.next() !== undefined) return
    if (this.#isNamed && (await this.#store(file, async () => this.#replica.missingBlocks(this.#ns, file.cid, { from: 0, to: file.size }))))
      this.taken++
    this.#due = this.#due.slice(1)
    await this.#open()
  }

  checkNone(): void {
    if (this.isDue) throw badExport('blocks of a file are missing')
  }

  async #open(): Promise<void> {
    const [file] = this.#due
    if (file === undefined) return
    this.#walk = new FileWalk(file)
    if (this.#walk.next() === undefined) throw badExport('it lists a file that can be none')
    this.#isNamed = (await this.#replica.file(this.#ns, file.cid))?.size === file.size
  }

  /** False where its document has gone meanwhile. */
  async #store(file: FileKey, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (errorCode(error) !== 'not-found') throw error
      return (await this.#replica.file(this.#ns, file.cid)) !== undefined
    }
  }
}

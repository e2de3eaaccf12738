import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of files for one test file. */
export class Fixtures {
  readonly #root: string = mkdtempSync(join(tmpdir(), 'docstore-files-'))

  /** Writes a file; gives its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.#root, name)
    writeFileSync(path, content)
    return path
  }

  /** Removes all of them. */
  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
  }
}

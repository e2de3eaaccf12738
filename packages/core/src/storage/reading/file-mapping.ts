import type { SqlDriver } from '../drivers/driver.ts'
import { mapForReading, unmap } from '../schema.ts'

/** How long documents are read without mapping the file after a block of a file was read, milliseconds. */
const UNMAPPED_MS = 1000

/** Whether the file of the database is mapped into memory. A peer that only collects documents needs no more memory for that. */
export class FileMapping {
  readonly #driver: SqlDriver
  #isMapped = false
  /** Until when it stays unmapped, on the clock of `performance`. */
  #unmappedUntil = 0

  constructor(driver: SqlDriver) {
    this.#driver = driver
  }

  /** To be called when somebody reads documents. */
  documentsRead(): void {
    if (this.#isMapped || performance.now() < this.#unmappedUntil) return
    this.#isMapped = true
    mapForReading(this.#driver)
  }

  /** To be called when a file is being read: mapped, all of it would count as the process's memory. */
  fileRead(): void {
    this.#unmappedUntil = performance.now() + UNMAPPED_MS
    if (!this.#isMapped) return
    this.#isMapped = false
    unmap(this.#driver)
  }
}

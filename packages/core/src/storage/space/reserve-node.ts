/// <reference types="node" />
import { closeSync, openSync, rmSync, statfsSync, statSync, truncateSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DiskReserve } from './room.ts'

/** Bytes of the reserve, and the least of it that counts: deleting the largest document writes 160 KiB. */
const RESERVE_BYTES: number = 512 * 1024
const MIN_RESERVE_BYTES: number = 256 * 1024
/** What the reserve leaves free, bytes: without any space for the log, nothing could be written in place of what was deleted. */
const LEFT_BYTES: number = 128 * 1024

/** A file beside the database that takes up space until a delete needs it. */
export class ReserveFile implements DiskReserve {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  give(): boolean {
    if (this.#size() === 0) return false
    rmSync(this.#path, { force: true })
    return true
  }

  refill(): boolean {
    const size = this.#size()
    const wanted = Math.min(RESERVE_BYTES, size + this.free() - LEFT_BYTES)
    try {
      if (wanted > size && wanted >= MIN_RESERVE_BYTES) this.#write(size, wanted)
      else if (wanted < size && size > MIN_RESERVE_BYTES) truncateSync(this.#path, Math.max(wanted, MIN_RESERVE_BYTES))
    } catch {
      // Another program was faster. What there is serves as well.
    }
    return this.#size() >= MIN_RESERVE_BYTES
  }

  #write(from: number, to: number): void {
    const file = openSync(this.#path, 'a', 0o600)
    try {
      // Zeros would take up nothing on disks that compress.
      const noise = crypto.getRandomValues(new Uint8Array(64 * 1024))
      for (let at = from; at < to; ) at += writeSync(file, noise, 0, Math.min(noise.length, to - at))
    } finally {
      closeSync(file)
    }
  }

  #size(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
  }

  free(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#path))
      return bavail * bsize
    } catch {
      // A file system that does not say: as if there were enough, so that the reserve is made.
      return Number.POSITIVE_INFINITY
    }
  }
}

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DocstoreError } from '@p2p-docstore/core'
import { OWNER_TIMEOUT_MS } from './opened.ts'
import { processState } from './process-state-node.ts'

/** How long an owner may be busy without a sign of life while its process is there, milliseconds: long work in one go takes seconds. */
const BUSY_TIMEOUT_MS = 60_000
/** After so long without an answer one looks whether the process was stopped, milliseconds. */
const STOPPED_TIMEOUT_MS = 3000

/** Which process owns a data folder, as far as its file says: to name it, and to tell one that works from one that stands still. */
export class OwnerProcess {
  readonly #folder: string
  readonly #path: string

  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, 'docstore.pid')
  }

  /** Notes that it is this one; returns the way to take that back. */
  note(): () => void {
    try {
      writeFileSync(this.#path, `${process.pid}\n`, { mode: 0o600 })
    } catch {
      // On a full disk the owner has no name; everything else works.
      return () => undefined
    }
    return () => {
      if (this.#pid() === process.pid) rmSync(this.#path, { force: true })
    }
  }

  /** Whether the process that noted itself last is there, or another one of its number. */
  isThere(): boolean {
    const pid = this.#pid()
    return pid !== undefined && processState(pid) !== 'gone'
  }

  /** How long others wait for it to let them in, milliseconds. */
  patienceMs(): number {
    const pid = this.#pid()
    return pid !== undefined && processState(pid) === 'there' ? BUSY_TIMEOUT_MS : OWNER_TIMEOUT_MS
  }

  /** What to say of an owner that has given no sign of life for so long; nothing while it may only be busy. */
  silence(silentMs: number): DocstoreError | undefined {
    const pid = this.#pid()
    const isStopped = pid !== undefined && processState(pid) === 'stopped'
    if (!(isStopped && silentMs >= STOPPED_TIMEOUT_MS) && silentMs < BUSY_TIMEOUT_MS) return undefined
    const seconds = Math.round(silentMs / 1000)
    const message = isStopped
      ? `${this.name()} has ${this.#folder} open and was stopped. Continue it (kill -CONT ${pid}) or end it`
      : `${this.name()} has ${this.#folder} open and has not answered for ${seconds} s. Wait, or end it`
    return new DocstoreError('owner-silent', `${message}. It may still do what it was asked`, { details: { pid: pid ?? null } })
  }

  /** What people can find it by. */
  name(): string {
    const pid = this.#pid()
    const state = pid === undefined ? 'gone' : processState(pid)
    if (state === 'gone') return 'Another process'
    return state === 'stopped' ? `The stopped process ${pid}` : `The process ${pid}`
  }

  #pid(): number | undefined {
    try {
      const pid = Number(readFileSync(this.#path, 'utf8').trim())
      return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
    } catch {
      return undefined
    }
  }
}

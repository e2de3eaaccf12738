import type { SAHPoolUtil, Sqlite3Static } from '@sqlite.org/sqlite-wasm'
import { DocstoreError, errorMessage } from '../errors.ts'

/** How long a page that was reloaded may wait for the worker of its former self to end, milliseconds. */
const LOCK_WAIT_MS = 1_000
/** A worker that has ended holds its files for a moment longer than its lock. */
const RETRY_MS = 100
const MAX_RETRIES = 20

/** Files of the origin that this worker alone may use. */
export interface OpenPool {
  readonly pool: SAHPoolUtil
  /** Gives the files back. Databases in them must be closed. */
  release(): void
}

/** Takes the files of a store for this worker. Throws `no-opfs` or `data-in-use`. */
export async function openPool(sqlite: Sqlite3Static, name: string): Promise<OpenPool> {
  requireOpfs()
  const unlock = await lock(`docstore-${name}`)
  try {
    const pool = await acquire(sqlite, `docstore-${name}`)
    return {
      pool,
      release: () => {
        try {
          pool.pauseVfs()
        } finally {
          unlock()
        }
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

function requireOpfs(): void {
  const hasFiles = typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype
  if (!hasFiles || !('storage' in navigator) || !('locks' in navigator)) throw noOpfs()
}

function noOpfs(cause?: unknown): DocstoreError {
  return new DocstoreError(
    'no-opfs',
    'This page cannot keep data: the browser offers it no private files. Open it over https or on localhost, in a window that is not private, with a current browser',
    { cause },
  )
}

function inUse(cause?: unknown): DocstoreError {
  return new DocstoreError('data-in-use', 'Another tab or window is using this data. Close it there, or continue there', { cause })
}

/** Takes a lock for as long as this worker lives or until the returned function is called. */
function lock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, () => new Promise<void>((release) => resolve(release)))
      .catch((error: unknown) => reject(isRefusal(error) ? noOpfs(error) : inUse(error)))
  })
}

async function acquire(sqlite: Sqlite3Static, name: string): Promise<SAHPoolUtil> {
  const options = {
    name,
    directory: `/${name}`,
    verbosity: 1,
    forceReinitIfPreviouslyFailed: true,
    // Without this a pool that is in use elsewhere would be deleted here.
    preserveOnInitFailure: true,
  }
  for (let attempt = 0; ; attempt++) {
    try {
      const pool = await sqlite.installOpfsSAHPoolVfs(options)
      return pool.isPaused() ? await pool.unpauseVfs() : pool
    } catch (error) {
      const isBusy = error instanceof Error && error.name === 'NoModificationAllowedError'
      if (!isBusy)
        throw isRefusal(error)
          ? noOpfs(error)
          : new DocstoreError('storage-failed', `The browser refused its files (${errorMessage(error)})`, { cause: error })
      if (attempt === MAX_RETRIES) throw inUse(error)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
    }
  }
}

/** How browsers refuse files in private windows and in frames of other sites, or where they have the methods and nothing behind them. */
const REFUSALS = ['SecurityError', 'NotAllowedError', 'NotSupportedError', 'InvalidStateError', 'UnknownError']

function isRefusal(error: unknown): boolean {
  return error instanceof Error && REFUSALS.includes(error.name)
}

import { randomBytes } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { access, type FileHandle, link, lstat, open, readdir, readlink, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { DocstoreError } from '@p2p-docstore/core'
import { pour } from './pour.ts'

/** Links that are followed to the file behind them, as many as Linux follows. */
const MAX_LINKS = 40
/** What a killed run left behind goes after this time without a change, milliseconds: nobody writes it any more. */
const ABANDONED_MS: number = 60 * 60 * 1000
/** How often a part that waits for its source says that it is not abandoned, milliseconds. */
const BEAT_MS: number = ABANDONED_MS / 6

/** What is written: into a file that can be written in any order, or as a stream. One of them is called, once. */
export interface Writable {
  readonly write: (file: FileHandle, signal: AbortSignal) => Promise<void>
  readonly stream: (signal: AbortSignal) => AsyncIterable<Uint8Array>
}

/** How a file is written. */
export interface TargetOptions {
  readonly signal: AbortSignal
  /** Whether it takes the place of a file that is there. */
  readonly replaces: boolean
}

/**
 * Writes to what a path leads to. What exists and is no regular file (a device, a pipe, a terminal) is written into; links are followed; a
 * regular file is replaced when all of it is there, where that is wanted, and keeps its mode, so that half of it is never taken for the whole. Throws
 * `file-exists`, `no-folder`, `no-permission`, and errors of the file system.
 */
export async function writeTarget(path: string, content: Writable, { signal, replaces }: TargetOptions): Promise<void> {
  const file = await followLinks(resolve(path))
  const existing = await stat(file).catch(missing)
  if (existing?.isFile() === true && !replaces) throw fileExists(path)
  if (existing === undefined || existing.isFile()) await replace(file, existing, content, { signal, replaces })
  else await writeInto(file, existing, content, signal)
}

/** The file that links lead to, whether it exists or not. Links of /proc, as /dev/stdout, stay: what they name may have no path. */
async function followLinks(path: string): Promise<string> {
  let file = path
  for (let links = 0; links < MAX_LINKS; links++) {
    const link = await lstat(file).catch(missing)
    if (link?.isSymbolicLink() !== true) return file
    const target = await readlink(file)
    const next = resolve(dirname(file), target)
    if ((await stat(file).catch(leadsNowhere)) !== undefined && (await stat(next).catch(leadsNowhere)) === undefined) return file
    file = next
  }
  throw new DocstoreError('no-file', `The links at ${path} lead in a circle`)
}

/** Pipes and devices: the reader gets the bytes as they come. */
async function writeInto(file: string, existing: Stats, content: Writable, signal: AbortSignal): Promise<void> {
  if (existing.isDirectory()) throw new DocstoreError('no-file', `${file} is a folder`)
  if (existing.isSocket()) throw new DocstoreError('no-file', `${file} is a socket, which cannot be written to. Use a file or a pipe`)
  const handle = await openToWrite(file, existing, signal)
  try {
    await pour(handle, content.stream(signal), signal)
  } finally {
    await handle.close()
  }
}

/** A pipe opens when somebody reads it. One that is waited for can be given up: opening it for reading too lets the wait end. */
async function openToWrite(file: string, existing: Stats, signal: AbortSignal): Promise<FileHandle> {
  signal.throwIfAborted()
  const opening = open(file, constants.O_WRONLY | constants.O_NOCTTY)
  if (!existing.isFIFO()) return opening
  const release = (): void => {
    open(file, constants.O_RDONLY | constants.O_NONBLOCK).then(
      (reader) => reader.close(),
      () => undefined,
    )
  }
  signal.addEventListener('abort', release, { once: true })
  try {
    const handle = await opening
    if (!signal.aborted) return handle
    await handle.close()
    throw signal.reason
  } finally {
    signal.removeEventListener('abort', release)
  }
}

async function replace(file: string, existing: Stats | undefined, content: Writable, { signal, replaces }: TargetOptions): Promise<void> {
  // Renaming would need no right to write the file itself.
  if (existing !== undefined) await access(file, constants.W_OK)
  await removeAbandoned(file)
  const part = partOf(file)
  const handle = await openPart(part, file)
  const beat = setInterval(() => void utimes(part, new Date(), new Date()).catch(() => undefined), BEAT_MS)
  try {
    try {
      if (existing !== undefined) await keepAccess(handle, existing)
      await content.write(handle, signal)
      await handle.sync()
    } finally {
      clearInterval(beat)
      await handle.close()
    }
    await (replaces ? rename(part, file) : publish(part, file))
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  await syncFolder(dirname(file))
}

/** Gives a file its name, which nobody else has taken meanwhile: renaming would put it in the place of what is there. */
async function publish(part: string, file: string): Promise<void> {
  try {
    await link(part, file)
  } catch (error) {
    if ((await lstat(file).catch(missing)) !== undefined) throw fileExists(file)
    if (!(error instanceof Error && 'code' in error)) throw error
    // A file system without links.
    await rename(part, file)
    return
  }
  await rm(part, { force: true })
}

function fileExists(file: string): DocstoreError {
  return new DocstoreError('file-exists', `${file} is there already. Name a file that is not, or write over it with --force`)
}

/** Who may use the file stays as it was. Only the superuser can give a file away. */
async function keepAccess(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  await handle.chown(uid, gid).catch(() => undefined)
  await handle.chmod(mode & 0o7777)
}

async function openPart(part: string, file: string): Promise<FileHandle> {
  try {
    return await open(part, 'wx+')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new DocstoreError('no-folder', `There is no folder ${dirname(file)}`, { cause: error })
    throw error
  }
}

/** A name of its own for each run, so that two at once do not write into one file. */
function partOf(file: string): string {
  return join(dirname(file), `.${basename(file).slice(0, 100)}.${randomBytes(6).toString('hex')}.part`)
}

/** What killed runs left behind for this file. */
async function removeAbandoned(file: string): Promise<void> {
  const folder = dirname(file)
  const start = `.${basename(file).slice(0, 100)}.`
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(start) || !/^[0-9a-f]{12}\.part$/.test(name.slice(start.length))) continue
    const path = join(folder, name)
    const found = await lstat(path).catch(missing)
    if (found?.isFile() === true && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true })
  }
}

/** The new name is on the disk too; some systems do not offer this for folders. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // The file is complete under its name all the same.
  }
}

function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

/** Nor do links that lead in a circle. */
function leadsNowhere(error: unknown): undefined {
  return error instanceof Error && 'code' in error && error.code === 'ELOOP' ? undefined : missing(error)
}

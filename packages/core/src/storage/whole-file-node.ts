/// <reference types="node" />
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DocstoreError, errorCode, errorMessage } from '../errors.ts'

/** What a killed process left behind goes after this time without a change, milliseconds: nobody writes it any more. */
const ABANDONED_MS: number = 60 * 60 * 1000

/**
 * Makes a file that is there whole or not at all, for this user alone; `write` gets the name of one that becomes it. Of several at once one makes it. Throws
 * `file-exists`, `no-file`, and what `write` throws of its own.
 */
export async function writeWholeFile(path: string, write: (part: string) => void | Promise<void>): Promise<void> {
  if (existsSync(path)) throw fileExists(path)
  // A name of its own for each, so that none takes what another one is writing for its own.
  const part = `${path}.${randomBytes(6).toString('hex')}.part`
  try {
    removeAbandoned(path)
    closeSync(openSync(part, 'wx', 0o600))
    await write(part)
    const file = openSync(part, 'r+')
    fsyncSync(file)
    closeSync(file)
    publish(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    if (error instanceof DocstoreError) throw error
    throw new DocstoreError('no-file', `${path} cannot be written (${errorMessage(error)})`, { cause: error })
  }
}

/** Gives a file its name, which nobody else has taken meanwhile: renaming would put it in the place of what is there. */
function publish(part: string, path: string): void {
  try {
    linkSync(part, path)
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || existsSync(path)) throw fileExists(path)
    // A file system without links.
    renameSync(part, path)
    return
  }
  rmSync(part, { force: true })
}

function removeAbandoned(path: string): void {
  const start = `${basename(path)}.`
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(start) || !/^[0-9a-f]{12}\.part$/.test(name.slice(start.length))) continue
    const found = statSync(join(dirname(path), name), { throwIfNoEntry: false })
    if (found?.isFile() === true && Date.now() - found.mtimeMs > ABANDONED_MS) rmSync(join(dirname(path), name), { force: true })
  }
}

function fileExists(path: string): DocstoreError {
  return new DocstoreError('file-exists', `${path} is there already. Name a file that is not`)
}

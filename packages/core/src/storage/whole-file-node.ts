/// <reference types="node" />
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { DocstoreError, errorMessage } from '../errors.ts'

/**
 * Makes a file that is there whole or not at all, for this user alone; `write` gets the name of one that becomes it. Throws `file-exists`, `no-file`, and what
 * `write` throws of its own.
 */
export async function writeWholeFile(path: string, write: (part: string) => void | Promise<void>): Promise<void> {
  if (existsSync(path)) throw new DocstoreError('file-exists', `${path} is there already. Name a file that is not`)
  const part = `${path}.part`
  try {
    rmSync(part, { force: true })
    closeSync(openSync(part, 'wx', 0o600))
    await write(part)
    const file = openSync(part, 'r+')
    fsyncSync(file)
    closeSync(file)
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    if (error instanceof DocstoreError) throw error
    throw new DocstoreError('no-file', `${path} cannot be written (${errorMessage(error)})`, { cause: error })
  }
}

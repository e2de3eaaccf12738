import { readFile, stat } from 'node:fs/promises'
import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'

/** Largest file that is read, bytes. */
const MAX_FILE_BYTES: number = 256 * 1024

/** Something that was set, and where. */
export interface GivenSetting {
  /** As `port`, or with the service that it is of, `storage.maxDisk`. */
  readonly name: string
  readonly value: unknown
  /** As `relay.yaml:3`, `DOCSTORE_PORT` or `--port`. */
  readonly from: string
}

/** What a YAML file sets: settings by their names, and maps of them by the names of services. Throws `bad-setting`, which says the line. */
export async function readSettingsFile(path: string): Promise<readonly GivenSetting[]> {
  const text = await textOf(path)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: false })
  const lineOf = (node: Node | null | undefined): number => lines.linePos(node?.range?.[0] ?? 0).line
  const fail = (line: number, what: string): never => {
    throw new DocstoreError('bad-setting', `${path}, line ${line}: ${what}`)
  }
  const [error] = [...document.errors, ...document.warnings]
  if (error !== undefined) return fail(lines.linePos(error.pos[0]).line, error.message.split(' at line ')[0] ?? error.message)
  if (document.contents === null) return []
  const given: GivenSetting[] = []
  const read = (node: unknown, prefix: string): void => {
    if (!isMap<Node, Node | null>(node))
      return fail(lineOf(node as Node), `${prefix === '' ? 'The file' : prefix.slice(0, -1)} has to be a map of settings`)
    for (const { key, value } of node.items) {
      const line = lineOf(key)
      const name = isScalar(key) && typeof key.value === 'string' ? prefix + key.value : fail(line, 'The name of a setting is a text')
      if (value === null || (isScalar(value) && value.value === null)) return fail(line, `${name} has no value`)
      if (isMap(value) && prefix === '') read(value, `${name}.`)
      // Aliases could make more of a small file than fits in memory.
      else given.push({ name, value: value.toJS(document, { maxAliasCount: 0 }) as unknown, from: `${path}:${line}` })
    }
  }
  try {
    read(document.contents, '')
  } catch (cause) {
    if (cause instanceof DocstoreError) throw cause
    throw new DocstoreError('bad-setting', `${path} cannot be read: ${errorMessage(cause)}`, { cause })
  }
  return given
}

async function textOf(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES) throw new DocstoreError('bad-setting', `${path} is larger than ${MAX_FILE_BYTES} bytes`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof DocstoreError) throw cause
    throw new DocstoreError('bad-setting', `The file of settings ${path} cannot be read: ${errorMessage(cause)}`, { cause })
  }
}

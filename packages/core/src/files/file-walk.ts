import { blockCid, type FileKey, rootDigest } from './file-cid.ts'
import { decodeFileNode } from './file-node.ts'
import { type FilePart, partsBelow, rootPart } from './file-shape.ts'

/** A block of a file: its place in the tree, and its CID. */
interface FileBlock extends FilePart {
  readonly cid: string
}

/** The blocks of a file in the order of an export: a node, then what lies below it, part by part; each once. */
export class FileWalk {
  readonly #todo: { readonly part: FilePart; readonly digest: Uint8Array }[] = []
  readonly #taken = new Set<string>()

  /** Nothing is walked of what can be no file. */
  constructor(file: FileKey) {
    const digest = rootDigest(file)
    if (digest !== undefined) this.#todo.push({ part: rootPart(file.size), digest })
  }

  /** The block that comes next; `undefined` at the end. */
  next(): FileBlock | undefined {
    for (let top = this.#todo.at(-1); top !== undefined; top = this.#todo.at(-1)) {
      const cid = blockCid(top.part, top.digest).toString()
      if (!this.#taken.has(cid)) return { ...top.part, cid }
      this.#todo.pop()
    }
    return undefined
  }

  /** Goes on behind that block, whose bytes have its CID. False where they are not what its place in the file wants. */
  take(bytes: Uint8Array): boolean {
    const block = this.next()
    if (block === undefined) return false
    const digests = block.level === 0 ? [] : decodeFileNode(block, bytes)
    if (digests === undefined || (block.level === 0 && bytes.length !== block.length)) return false
    this.#todo.pop()
    this.#taken.add(block.cid)
    const below = block.level === 0 ? [] : partsBelow(block)
    for (const [i, part] of [...below.entries()].toReversed()) {
      const digest = digests[i]
      if (digest !== undefined) this.#todo.push({ part, digest })
    }
    return true
  }
}

import { sha256 } from '#crypto'
import { DocstoreError, errorCode } from '../../errors.ts'
import { blockCid, DAG_PB, decodeFileNode, encodeFileNode, type FileKey, type FilePart, partsBelow, rootDigest, rootPart } from '../../files/index.ts'
import {
  CHUNK_BYTES,
  CLEARED_BLOCKS,
  LAST_CLEARING_MS,
  MAX_CACHED_NODES,
  MAX_FILE_BYTES,
  MAX_LISTED_PARTIAL,
  MAX_MISSING,
  MAX_STORED_PIECES,
  UPLOAD_LIFE_MS,
} from '../../files/limits.ts'
import { equalBytes, toHex } from '../../model/bytes.ts'
import { parseCid, RAW } from '../../model/encoding/cid.ts'
import type { FileStorage, NewBlock } from '../../storage/files/file-storage.ts'
import type { Namespaces } from '../namespaces.ts'
import type { Pause } from '../slices.ts'
import type { FileFacts, MissingBlock, PartialFileFacts, ReplicaFiles } from './types.ts'

const DIGEST_BYTES = 32
const EMPTY = new Uint8Array()

/** What files work with. */
export interface FilesInit {
  readonly storage: FileStorage
  readonly namespaces: Namespaces
  readonly pause: Pause
  /** Wall clock, Unix milliseconds. */
  readonly now: () => number
  /** Called when something was stored, or removed so that it must be gone from the disk. */
  readonly onStored: () => void
  readonly onRemoved: () => void
}

/** The files of a replica: trees of blocks that were checked when they were stored. */
export class Files implements ReplicaFiles {
  readonly #init: FilesInit
  /** Digests in nodes, by what the node is. The least used are first. */
  readonly #nodes = new Map<string, readonly Uint8Array[]>()
  #clearing: Promise<void> | undefined
  #isClearingDue = false
  #isStopped = false

  constructor(init: FilesInit) {
    this.#init = init
  }

  async file(ns: string, cid: string): Promise<FileFacts | undefined> {
    const open = this.#init.namespaces.get(ns)
    return open && (await this.#init.storage.named(open.ns, cid))
  }

  async uploadPieces(upload: string, pieces: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    if (pieces.length > MAX_STORED_PIECES || pieces.some(({ length }) => length === 0 || length > CHUNK_BYTES))
      throw new DocstoreError('bad-argument', `Pieces have 1 to ${CHUNK_BYTES} bytes, and ${MAX_STORED_PIECES} are stored at a time`)
    const blocks = pieces.map((bytes) => ({ digest: sha256(bytes), bytes }))
    await this.#upload(upload, blocks)
    return blocks.map(({ digest }) => digest)
  }

  async uploadTree(upload: string, digests: Uint8Array, size: number): Promise<string> {
    const pieces = Math.ceil(size / CHUNK_BYTES)
    if (!(size >= 0 && size <= MAX_FILE_BYTES) || digests.length !== pieces * DIGEST_BYTES)
      throw new DocstoreError('bad-argument', 'The pieces of a file do not add up to its size')
    const nodes: NewBlock[] = []
    const make = (part: FilePart): Uint8Array => {
      if (part.level === 0) return pieceDigest(digests, part)
      const bytes = encodeFileNode(part, partsBelow(part).map(make))
      const digest = sha256(bytes)
      nodes.push({ digest, bytes })
      return digest
    }
    const root = rootPart(size)
    const digest = make(root)
    if (nodes.length > 0) await this.#upload(upload, nodes)
    return blockCid(root, digest).toString()
  }

  async #upload(name: string, blocks: readonly NewBlock[]): Promise<void> {
    await this.#init.storage.upload(name, blocks, this.#init.now())
    this.#init.onStored()
  }

  async endUpload(upload: string): Promise<void> {
    await this.#init.storage.endUploads({ name: upload })
    this.clearSoon()
  }

  async missingBlocks(ns: string, cid: string, { from, to }: { readonly from: number; readonly to: number }): Promise<readonly MissingBlock[]> {
    const file = await this.#named(ns, cid)
    if (file.state === 'whole') return []
    const root = rootOf(file)
    const [isHere] = root.part.length === 0 ? [true] : await this.#init.storage.hold(file, [root.digest])
    const missing: MissingBlock[] = isHere === true ? [] : [missingBlock(root.part, root.digest)]
    if (isHere === true && root.part.level > 0) await this.#lookBelow(file, root.part, root.digest, { from, to, missing })
    if (missing.length === 0 && from <= 0 && to >= file.size) await this.#init.storage.setState(file, 'whole')
    return missing
  }

  /** Adds what is missing below a node that is here. */
  async #lookBelow(
    file: FileKey,
    part: FilePart,
    digest: Uint8Array,
    look: { readonly from: number; readonly to: number; readonly missing: MissingBlock[] },
  ): Promise<void> {
    const digests = await this.#node(file, part, digest)
    // Removed in this very moment: the caller finds that the file is gone.
    if (digests === undefined) return
    const below = partsBelow(part)
      .map((one, i) => ({ part: one, digest: digests[i] ?? EMPTY }))
      .filter((one) => one.part.at < look.to && one.part.at + one.part.length > look.from)
    const here = await this.#init.storage.hold(
      file,
      below.map((one) => one.digest),
    )
    for (const [i, one] of below.entries()) {
      if (look.missing.length >= MAX_MISSING) return
      if (here[i] !== true) look.missing.push(missingBlock(one.part, one.digest))
      else if (one.part.level > 0) await this.#lookBelow(file, one.part, one.digest, look)
    }
  }

  async storeBlock(ns: string, cid: string, block: MissingBlock, bytes: Uint8Array): Promise<boolean> {
    const file = await this.#named(ns, cid)
    const digest = sha256(bytes)
    if (blockCid(block, digest).toString() !== block.cid) return false
    const fits = block.level === 0 ? bytes.length === block.length : decodeFileNode(block, bytes) !== undefined
    if (!fits) throw await this.#bad(file)
    await this.#init.storage.store(file, [{ digest, bytes }])
    this.#init.onStored()
    return true
  }

  async readFile(ns: string, cid: string, at: number): Promise<Uint8Array | undefined> {
    const file = await this.#named(ns, cid)
    if (at >= file.size) return EMPTY
    let { part, digest } = rootOf(file)
    while (part.level > 0) {
      const digests = await this.#node(file, part, digest)
      if (digests === undefined) return undefined
      const parts = partsBelow(part)
      const i = parts.findIndex((below) => at < below.at + below.length)
      part = parts[i] ?? part
      digest = digests[i] ?? digest
    }
    const bytes = await this.#init.storage.block(digest)
    if (bytes === undefined) return undefined
    if (!equalBytes(sha256(bytes), digest)) throw new DocstoreError('data-corrupt', `A block of the file ${cid} is damaged on the disk`)
    return at === part.at ? bytes : bytes.slice(at - part.at)
  }

  async block(cid: string): Promise<Uint8Array | undefined> {
    const digest = (parseCid(RAW, cid) ?? parseCid(DAG_PB, cid))?.multihash.digest
    return digest && this.#init.storage.block(digest)
  }

  async partialFiles(after: number, limit: number): Promise<readonly PartialFileFacts[]> {
    const partial = await this.#init.storage.partial(after, Math.min(limit, MAX_LISTED_PARTIAL))
    // A relay asks whenever somebody comes, and mostly there are none.
    if (partial.length === 0) return []
    const ids = new Map([...this.#init.namespaces.all()].map(({ ns, id }) => [ns, id]))
    return partial.flatMap(({ cid, size, ns, file }) => {
      const id = ids.get(ns)
      return id === undefined ? [] : [{ cid, size, ns: id, position: file }]
    })
  }

  /** Removes what nothing holds any more, bit by bit, so that everything else goes on meanwhile. */
  clearSoon(): void {
    this.#isClearingDue = true
    this.#clearing ??= this.#clear()
      .catch((error: unknown) => {
        // A full disk, or one that cannot be written to, may be another one at the next start; whatever else it is, is reported as uncaught.
        if (!['disk-full', 'storage-closed', 'storage-read-only'].includes(errorCode(error))) throw error
      })
      .finally(() => {
        this.#clearing = undefined
        if (this.#isClearingDue && !this.#isStopped) this.clearSoon()
      })
  }

  async #clear(): Promise<void> {
    this.#isClearingDue = false
    const { storage, pause, now, onRemoved } = this.#init
    await pause()
    await storage.endUploads({ before: now() - UPLOAD_LIFE_MS })
    let hasRemoved = false
    while (!this.#isStopped && (await this.#clearSome())) {
      hasRemoved = true
      await pause()
    }
    while (!this.#isStopped && (await storage.giveBack())) {
      hasRemoved = true
      await pause()
    }
    if (hasRemoved) onRemoved()
  }

  async #clearSome(): Promise<boolean> {
    const { storage } = this.#init
    try {
      return await storage.clear(CLEARED_BLOCKS)
    } catch (error) {
      if (errorCode(error) !== 'disk-full') throw error
      // The log of so many does not fit on the disk; that of one is what is reserved.
      return await storage.clear(1)
    }
  }

  /** Removes what is due for so long at most. What is left is removed after the next start. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => {
      this.#isStopped = true
    }, LAST_CLEARING_MS)
    try {
      while (this.#clearing !== undefined) await this.#clearing
    } finally {
      clearTimeout(timer)
      this.#isStopped = true
    }
  }

  async #named(ns: string, cid: string): Promise<FileFacts> {
    const open = this.#init.namespaces.open(ns)
    const file = await this.#init.storage.named(open.ns, cid)
    if (file === undefined) throw new DocstoreError('not-found', `No document of the namespace names the file ${cid.slice(0, 80)}`)
    if (file.state === 'bad' || rootDigest(file) === undefined) throw await this.#bad(file)
    return file
  }

  /** A document says what no bytes can be: remembered, so that nobody is asked for it again. */
  async #bad(file: FileKey): Promise<DocstoreError> {
    await this.#init.storage.setState(file, 'bad')
    return new DocstoreError('bad-file', `What the CID ${file.cid} names is no file of ${file.size} bytes as they are cut here`)
  }

  /** The digests in a node that is here. Throws `bad-file`. */
  async #node(file: FileKey, part: FilePart, digest: Uint8Array): Promise<readonly Uint8Array[] | undefined> {
    const key = `${part.level} ${part.length} ${toHex(digest)}`
    const known = this.#nodes.get(key)
    const bytes = known === undefined ? await this.#init.storage.block(digest) : undefined
    const digests = known ?? (bytes && decodeFileNode(part, bytes))
    if (digests === undefined) {
      if (bytes !== undefined) throw await this.#bad(file)
      return undefined
    }
    this.#nodes.delete(key)
    this.#nodes.set(key, digests)
    if (this.#nodes.size > MAX_CACHED_NODES) this.#nodes.delete(this.#nodes.keys().next().value ?? key)
    return digests
  }
}

function rootOf(file: FileKey): { part: FilePart; digest: Uint8Array } {
  return { part: rootPart(file.size), digest: rootDigest(file) ?? EMPTY }
}

function missingBlock(part: FilePart, digest: Uint8Array): MissingBlock {
  return { ...part, cid: blockCid(part, digest).toString() }
}

/** Of the empty file there is no piece to store; its CID is that of no bytes. */
function pieceDigest(digests: Uint8Array, { at, length }: FilePart): Uint8Array {
  const i = (at / CHUNK_BYTES) * DIGEST_BYTES
  return length === 0 ? sha256(EMPTY) : digests.subarray(i, i + DIGEST_BYTES)
}

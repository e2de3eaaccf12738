/**
 * How long an item waits until its chunk is written, milliseconds, and once more as long where others come at that moment: a chunk that
 * is being filled is left to fill up on a machine that is busy. 200 are promised: the rest is for the write.
 */
const WAIT_MS = 80

/** How items are gathered and written. */
export interface ChunkOptions<T, Item> {
  /** What is written of an element. Throws for one that cannot be used: nothing of its chunk is written then. */
  readonly read: (element: T) => Item
  readonly write: (chunk: readonly Item[]) => Promise<void>
  readonly maxItems: number
  /** Sum of `length` at which a chunk is full. */
  readonly maxLength: number
  readonly length: (item: Item) => number
  /** Ends the reading. What was read is still written; then it rejects with the reason. */
  readonly signal: AbortSignal | undefined
}

/**
 * Writes elements in chunks, one after another. What comes from an async iterable is written soon even where that pauses, and
 * nothing more is read while a full chunk waits to be written.
 */
export async function inChunks<T, Item>(elements: Iterable<T> | AsyncIterable<T>, options: ChunkOptions<T, Item>): Promise<void> {
  if (Symbol.asyncIterator in elements) await fromAsync(elements[Symbol.asyncIterator](), options)
  else await fromSync(elements, options)
}

async function fromSync<T, Item>(elements: Iterable<T>, options: ChunkOptions<T, Item>): Promise<void> {
  const chunk = new Chunk(options)
  for (const element of elements) {
    if (options.signal?.aborted === true) break
    if (chunk.add(element)) await chunk.write()
  }
  await chunk.write()
  options.signal?.throwIfAborted()
}

async function fromAsync<T, Item>(iterator: AsyncIterator<T>, options: ChunkOptions<T, Item>): Promise<void> {
  const { signal } = options
  if (isAborted(signal)) {
    leave(iterator)
    throw signal?.reason
  }
  const chunk = new Chunk(options)
  const stopped = Promise.withResolvers<never>()
  const reading = { isStopped: false }
  const abort = (): void => stopped.reject(signal?.reason)
  let timer: ReturnType<typeof setTimeout> | undefined
  const stopTimer = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  const writeSoon = (isLate = false): void => {
    timer ??= setTimeout(() => {
      const { taken } = chunk
      // A turn later, after what has arrived meanwhile.
      timer = setTimeout(() => {
        timer = undefined
        if (chunk.taken > taken && !isLate) writeSoon(true)
        else chunk.write().catch((error: unknown) => stopped.reject(error))
      }, 0)
    }, WAIT_MS)
  }
  const pump = async (): Promise<void> => {
    while (!reading.isStopped) {
      const next = await iterator.next()
      if (reading.isStopped || next.done === true) return
      if (chunk.add(next.value)) {
        stopTimer()
        await chunk.write()
      } else writeSoon()
    }
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    signal?.throwIfAborted()
    await Promise.race([pump(), stopped.promise])
    await chunk.write()
  } catch (error) {
    reading.isStopped = true
    leave(iterator)
    if (isAborted(signal) && error === signal?.reason) await chunk.write()
    else await chunk.settled()
    throw error
  } finally {
    stopTimer()
    signal?.removeEventListener('abort', abort)
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

/** Reads an iterable no further. A generator that waits for its next element answers when that comes: nobody waits for it, nor for what it says then. */
function leave(iterator: AsyncIterator<unknown>): void {
  iterator.return?.().then(
    () => undefined,
    () => undefined,
  )
}

/** What is read and not yet written. */
class Chunk<T, Item> {
  readonly #options: ChunkOptions<T, Item>
  #items: Item[] = []
  #length = 0
  /** Elements that were taken, from the first on. */
  taken = 0
  /** Ends when everything that was given to be written is. */
  #writing: Promise<void> = Promise.resolve()

  constructor(options: ChunkOptions<T, Item>) {
    this.#options = options
  }

  /** Takes an element; tells whether the chunk is full. */
  add(element: T): boolean {
    const { read, length, maxItems, maxLength } = this.#options
    const item = read(element)
    this.#items.push(item)
    this.#length += length(item)
    this.taken++
    return this.#items.length >= maxItems || this.#length >= maxLength
  }

  /** Writes what is in it, after what was given before. */
  write(): Promise<void> {
    const items = this.#items
    this.#items = []
    this.#length = 0
    if (items.length > 0) this.#writing = this.#writing.then(() => this.#options.write(items))
    return this.#writing
  }

  /** Resolves when nothing is being written any more, however that ended. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined)
  }
}

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Size of the slabs from which Node cuts small buffers, bytes: it was this until Node 24. A slab is kept as long as one piece of it is. */
const SLAB_BYTES = 8 * 1024
/** How many bytes of buffers may come until those that were dropped are freed, and how often that is looked at, milliseconds. */
const DROPPED_BYTES: number = 8 * 1024 * 1024
const LOOK_MS = 100

/**
 * Keeps the memory of this process near to what is in use, until it is disposed of. To be called as a process begins.
 *
 * V8 lets garbage grow to three times that, and of each connection some small buffers stay, each of which would keep a slab of 64 KiB: a relay with 200
 * clients that do nothing took 140 MB for them, and takes 35. Buffers that a file was in on its way, encrypted and not, V8 frees after some 64 MiB of them.
 */
export function keepHeapSmall(): Disposable {
  // The old generation is collected when it has grown by half; the young one does not grow.
  setFlagsFromString('--heap-growing-percent=50')
  setFlagsFromString('--semi-space-growth-factor=1')
  Buffer.poolSize = SLAB_BYTES
  const timer = setInterval(freeDropped(), LOOK_MS).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** Frees dropped buffers each time that it is called and many have come. They are young, and to collect what is young takes a millisecond. */
function freeDropped(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as NodeJS.GCFunction
  let kept = process.memoryUsage().arrayBuffers
  return () => {
    if (process.memoryUsage().arrayBuffers < kept + DROPPED_BYTES) return
    collect({ type: 'minor' })
    kept = process.memoryUsage().arrayBuffers
  }
}

import { createHash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore } from 'p2p-docstore'
import type { Figures } from './local.ts'

const MIB = 1024 * 1024
/** How often the memory of the process is looked at, milliseconds. */
const SAMPLE_MS = 20

/** One process that puts a file of so many MiB from a path and reads it again, in a folder of its own. */
export async function measureFile(mebibytes: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-files-'))
  try {
    const path = join(folder, 'file')
    const written = writeNoise(path, mebibytes)
    const store = await createDocstore({ data: join(folder, 'data'), network: 'off' })
    const namespace = await store.namespaces.create({ name: 'files' })
    // What every program on the library takes, loaded and warm, is not the file's.
    await namespace.putFile(Uint8Array.of(1))
    const before = memory()
    const put = await watched(() => namespace.putFile(path))
    const file = await namespace.getFile(put.value.cid)
    if (file === undefined) throw new Error('The file is not there')
    const get = await watched(async () => {
      const hash = createHash('sha256')
      for await (const piece of file) hash.update(piece)
      return hash.digest('hex')
    })
    if (get.value !== written) throw new Error('The file came back changed')
    const again = await watched(() => namespace.putFile(path))
    const removed = await watched(async () => {
      await namespace.deleteFile(put.value.cid)
      await store.close()
    })
    return {
      'put, s': put.seconds,
      'put again, all of it here, s': again.seconds,
      'get, s': get.seconds,
      'delete and close, s': removed.seconds,
      'delete, memory at most above that, MiB': (removed.peak.all - before.all) / MIB,
      'memory before, MiB': before.all / MIB,
      'put, memory at most above that, MiB': (put.peak.all - before.all) / MIB,
      'get, memory at most above that, MiB': (get.peak.all - before.all) / MIB,
      'get, the same without mapped files, MiB': (get.peak.own - before.own) / MIB,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Bytes that nobody has elsewhere; gives their sha-256. */
export function writeNoise(path: string, mebibytes: number): string {
  const hash = createHash('sha256')
  const file = openSync(path, 'w')
  const noise = crypto.getRandomValues(new Uint8Array(65_536))
  const piece = new Uint8Array(MIB)
  for (let at = 0; at < MIB; at += noise.length) piece.set(noise, at)
  for (let i = 0; i < mebibytes; i++) {
    // Each quarter differs, so that no two pieces are alike.
    for (let quarter = 0; quarter < 4; quarter++) new DataView(piece.buffer).setUint32((quarter * MIB) / 4, i * 4 + quarter)
    hash.update(piece)
    writeSync(file, piece)
  }
  closeSync(file)
  return hash.digest('hex')
}

/** The sha-256 of a file, read in pieces. */
export function hashOfFile(file: number): string {
  const hash = createHash('sha256')
  const piece = new Uint8Array(MIB)
  for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read))
  return hash.digest('hex')
}

interface Memory {
  /** Resident, with what is mapped of files. */
  readonly all: number
  /** Without that. */
  readonly own: number
}

function memory(): Memory {
  const status = readFileSync('/proc/self/status', 'utf8')
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { all: kibibytes('VmRSS') * 1024, own: kibibytes('RssAnon') * 1024 }
}

async function watched<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly seconds: number; readonly peak: Memory }> {
  let peak = memory()
  const look = (): void => {
    const now = memory()
    peak = { all: Math.max(peak.all, now.all), own: Math.max(peak.own, now.own) }
  }
  const timer = setInterval(look, SAMPLE_MS)
  const began = performance.now()
  try {
    const value = await work()
    look()
    return { value, seconds: (performance.now() - began) / 1000, peak }
  } finally {
    clearInterval(timer)
  }
}

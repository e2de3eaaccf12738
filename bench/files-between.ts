import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { hashOfFile, writeNoise } from './files.ts'
import type { Figures } from './local.ts'

const BIN = fileURLToPath(new URL('../packages/cli/bin/docstore.js', import.meta.url))
const MIB = 1024 * 1024
const SAMPLE_MS = 50

/** A file of so many MiB from one process through a relay into another one: each command and the relay are processes of their own. */
export async function measureFileBetween(mebibytes: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-files-'))
  const [home, one, two, path, out] = ['home', 'one', 'two', 'file', 'out'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
    string,
  ]
  const relay = start(['relay', '--data', home, '--port', '0', '--json'])
  try {
    const written = writeNoise(path, mebibytes)
    const small = join(folder, 'small')
    writeFileSync(small, 'small')
    const { join: link } = JSON.parse(await firstLine(relay.child.stdout)) as { join: string }
    for (const data of [one, two]) await run(['join', link, '--data', data])
    const { id } = JSON.parse((await run(['namespace', 'create', 'files', '--data', one, '--json'])).stdout) as { id: string }
    // What a command on a file takes that has nothing to carry, and the relay that serves it, is not the file's.
    const bare = await carry(id, small, { one, two, out: join(folder, 'small-out') })
    const bareRelay = relay.peakBytes()
    const { put, get, cid } = await carry(id, path, { one, two, out })
    const back = await run(['file', 'get', id, cid, '-o', out, '--force', '--data', two, '--json'])
    if (hashOf(out) !== written) throw new Error('The file came back changed')
    return {
      'put until the relay has it, s': put.seconds,
      'get from the relay, s': get.seconds,
      'get, all of it here, s': back.seconds,
      'put, memory of a small file, MiB': bare.put.peakBytes() / MIB,
      'put, memory at most above that, MiB': (put.peakBytes() - bare.put.peakBytes()) / MIB,
      'get, memory of a small file, MiB': bare.get.peakBytes() / MIB,
      'get, memory at most above that, MiB': (get.peakBytes() - bare.get.peakBytes()) / MIB,
      'relay, memory with a small file, MiB': bareRelay / MIB,
      'relay, memory at most above that, MiB': (relay.peakBytes() - bareRelay) / MIB,
    }
  } finally {
    relay.child.kill('SIGTERM')
    await relay.ended
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Puts a file until the relay has it, and gets it from there by another peer. */
async function carry(ns: string, path: string, { one, two, out }: { readonly one: string; readonly two: string; readonly out: string }) {
  const put = await run(['file', 'put', ns, path, '--data', one, '--json', '--timeout', '120'])
  const { cid, copies } = JSON.parse(put.stdout) as { cid: string; copies: number }
  if (copies !== 1) throw new Error('The file did not come to the relay')
  const get = await run(['file', 'get', ns, cid, '-o', out, '--data', two, '--json', '--timeout', '120'])
  return { put, get, cid }
}

function hashOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    return hashOfFile(file)
  } finally {
    closeSync(file)
  }
}

/** A command, and the most memory that it had at a time, resident, with what is mapped of the program. As built where nothing was edited since. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BIN, ...args])
  let peak = 0
  const timer = setInterval(() => (peak = Math.max(peak, residentBytes(child.pid))), SAMPLE_MS)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve)).finally(() => clearInterval(timer))
  return { child, ended, peakBytes: () => peak }
}

async function run(args: readonly string[]) {
  const began = performance.now()
  const { child, ended, peakBytes } = start(args)
  child.stdin.end()
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await ended
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  return { stdout, seconds: (performance.now() - began) / 1000, peakBytes }
}

function residentBytes(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    // It has just ended.
    return 0
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line
  throw new Error('The relay ended before it was ready')
}

// Runs one command line after another as `bin/docstore.js` runs one, each with streams and an environment of its own: a process of `command-host.ts`.
import { enableCompileCache } from 'node:module'
import { Readable, Writable } from 'node:stream'
import { sourcesAreNewer, useSources } from '../../bin/sources.js'

enableCompileCache()
if (sourcesAreNewer()) useSources()
const { run } = await import('@p2p-docstore/cli')

/** Keeps what is written. */
class Kept extends Writable {
  #chunks = []

  _write(chunk, _encoding, done) {
    // A copy: commands free what they have written.
    this.#chunks.push(Buffer.from(chunk))
    done()
  }

  get text() {
    return Buffer.concat(this.#chunks).toString()
  }
}

/** What `CommandHost` sends, and what it waits for. */
async function runLine({ args, input, env }) {
  const [stdout, stderr] = [new Kept(), new Kept()]
  const stdin = Readable.from(input.length === 0 ? [] : [Buffer.from(input)], { objectMode: false })
  process.env = { ...env }
  // A file descriptor, since whether standard input is a file is looked up: that of a pipe.
  for (const [name, value] of Object.entries({ stdin: Object.assign(stdin, { fd: 0 }), stdout, stderr }))
    Object.defineProperty(process, name, { value, configurable: true })
  const code = await run(args)
  // A command that has ended hears no signals.
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal)
  return { code, stdout: stdout.text, stderr: stderr.text }
}

process.on('message', (line) => void runLine(line).then((finished) => process.send(finished)))

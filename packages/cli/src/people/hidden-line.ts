import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Asks for one line at the terminal that is not shown as it is typed. The question goes to standard error: standard output may be read by a program. */
export async function hiddenLine(question: string, signal: AbortSignal): Promise<string> {
  process.stderr.write(question)
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  try {
    return await lines.question('', { signal })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

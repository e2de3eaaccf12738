import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the owner of a data folder listens. A local socket has a short name (107 bytes on Linux), so a long folder gets one beside the other temporary files. */
export function socketPath(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 32)
  if (process.platform === 'win32') return `\\\\.\\pipe\\docstore-${name}`
  const inside = join(folder, 'docstore.sock')
  return Buffer.byteLength(inside) < 100 ? inside : join(tmpdir(), `docstore-${name}.sock`)
}

import { createHash } from 'node:crypto'
import { closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DocstoreError } from '@p2p-docstore/core'

/** Longest path of a local socket, bytes: 107 on Linux, 103 on macOS. */
const MAX_SOCKET_PATH = 103

/** A name under which the owner of a data folder listens, for as long as it is not released. */
export interface SocketName {
  readonly path: string
  readonly release: () => void
}

/**
 * Where the owner of a data folder listens: in the folder, so that nothing but the folder decides whether two programs meet. A path that is
 * too long for a socket is shortened by way of the open folder; where the system has no such names, the socket lies in a folder of this
 * user's under /tmp, whatever TMPDIR says. `folder` is a real path. Throws `bad-folder`.
 */
export function socketName(folder: string): SocketName {
  if (process.platform === 'win32') return { path: `\\\\.\\pipe\\docstore-${hashOf(folder)}`, release: () => undefined }
  const inside = join(folder, 'docstore.sock')
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH) return { path: inside, release: () => undefined }
  if (process.platform === 'linux') {
    const descriptor = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
    return { path: `/proc/self/fd/${descriptor}/docstore.sock`, release: () => closeSync(descriptor) }
  }
  return { path: join(ownTemporaryFolder(), `${hashOf(folder)}.sock`), release: () => undefined }
}

function hashOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 32)
}

/** Only this user may write there, so nobody else can listen in the owner's place. */
function ownTemporaryFolder(): string {
  const uid = process.getuid?.() ?? 0
  const folder = `/tmp/docstore-${uid}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0)
    throw new DocstoreError(
      'bad-folder',
      `${folder} belongs to somebody else, and the path of the data folder is too long to do without it. Take a shorter one`,
    )
  return folder
}

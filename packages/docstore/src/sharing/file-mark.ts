/// <reference types="node" />
import { type BigIntStats, chmodSync, realpathSync, statSync } from 'node:fs'

/** What tells a file from a copy of it. */
export interface FileMark {
  /** Number that the file system gave it. Some give another one after each mount. */
  readonly ino: string
  /** When it was made, nanoseconds, where the file system keeps that. */
  readonly madeAt: string | null
  readonly path: string
}

export function fileMark(path: string): FileMark {
  const first = statSync(path, { bigint: true })
  const stats = first.birthtimeNs === first.ctimeNs ? changedSince(path, first) : first
  const { ino, birthtimeNs, ctimeNs } = stats
  return { ino: String(ino), madeAt: birthtimeNs > 0n && birthtimeNs !== ctimeNs ? String(birthtimeNs) : null, path: realpathSync(path) }
}

/** A mark as a database keeps it. Earlier ones are the number alone, or the number and the time. */
export function parseFileMark(text: string): FileMark {
  if (text.startsWith('{')) return JSON.parse(text) as FileMark
  const [ino = '', madeAt = null] = text.split(' ')
  return { ino, madeAt, path: '' }
}

/** Where the time of the last change stands in for the one at which it was made, both are equal after a change as well. */
function changedSince(path: string, stats: BigIntStats): BigIntStats {
  try {
    chmodSync(path, Number(stats.mode) & 0o7777)
    return statSync(path, { bigint: true })
  } catch {
    // The file is somebody else's. Its number and its path are left.
    return stats
  }
}

/**
 * Whether a file is a copy of the one with the earlier mark. Moving keeps its number and the time at which it was made. Copying makes a new
 * number, and mostly a new time; where only the number is another one, at the same path, the file system may have numbered anew, and a relay
 * must not become somebody else for that.
 */
export function isCopyOf(before: FileMark, now: FileMark): boolean {
  const isMadeLater = before.madeAt !== null && now.madeAt !== null && before.madeAt !== now.madeAt
  return isMadeLater || (before.ino !== now.ino && before.path !== now.path)
}

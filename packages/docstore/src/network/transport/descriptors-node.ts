import { readFileSync } from 'node:fs'

/** Files and sockets that this process may have open, once that was looked at. */
let limit: number | undefined

/** So many, or as many as this part of the files and sockets that the system lets this process have. */
export function withinDescriptors(wanted: number, part: number): number {
  limit ??= readLimit()
  return Math.max(1, Math.min(wanted, Math.floor(limit * part)))
}

/** Node raises the limit to the highest that it may have; elsewhere than on Linux it is not told. */
function readLimit(): number {
  try {
    const soft = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
    return soft > 0 ? soft : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

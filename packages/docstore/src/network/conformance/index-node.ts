import type { Finding } from './clause.ts'
import type { ConformanceInit } from './conformance.ts'

export type { ConformanceInit, Finding }

/**
 * Plays peers against a peer, and says of every clause of the specification that it looks at whether the peer keeps it. Throws `bad-option` for a word that no
 * clause has in its name. Loads what it plays with only now: programs that connect to nobody start without it.
 */
export async function examine(init: ConformanceInit): Promise<readonly Finding[]> {
  return (await import('./conformance.ts')).examine(init)
}

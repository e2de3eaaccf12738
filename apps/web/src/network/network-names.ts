import type { NetworkInfo } from 'p2p-docstore'

/** What a network is called among others: its name, and the end of its id where another one has that name too. */
export function networkTitle({ id, name }: NetworkInfo, all: readonly NetworkInfo[]): string {
  return all.some((other) => other.id !== id && other.name === name) ? `${name} …${id.slice(-6)}` : name
}

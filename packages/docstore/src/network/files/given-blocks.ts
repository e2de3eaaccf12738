import { Bell } from './bell.ts'

/** How many blocks each connected peer was given: who waits until it has a file sees by it that the peer is at work. */
export class GivenBlocks {
  readonly #bell = new Bell()
  readonly #given = new Map<string, number>()

  add(peer: string): void {
    this.#given.set(peer, this.of(peer) + 1)
    this.#bell.ring()
  }

  of(peer: string): number {
    return this.#given.get(peer) ?? 0
  }

  on(listener: () => void): () => void {
    return this.#bell.on(listener)
  }

  /** A peer has left. */
  forget(peer: string): void {
    this.#given.delete(peer)
  }
}

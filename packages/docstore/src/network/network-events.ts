import type { NetworkEvents } from './types.ts'

/** Who listens to what a network reports by itself. */
export class NetworkListeners {
  readonly #listeners = new Map<keyof NetworkEvents, Set<(payload: never) => void>>()

  on<K extends keyof NetworkEvents>(event: K, listener: (payload: NetworkEvents[K]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  emit<K extends keyof NetworkEvents>(event: K, payload: NetworkEvents[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        ;(listener as (payload: NetworkEvents[K]) => void)(payload)
      } catch (error) {
        // A program's mistake must not end the loop that keeps in touch with a relay; it is reported as uncaught.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

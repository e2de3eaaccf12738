import { RECORDS_PER_SEAL } from '../../model/limits.ts'
import { createSeal } from '../../model/seal.ts'
import type { ReplicaGround } from '../ground.ts'

/** Signs what was written here before it leaves. */
export class Sealing {
  readonly #ground: Pick<ReplicaGround, 'storage' | 'network' | 'identity'>
  readonly #running = new Map<number, Promise<void>>()

  constructor(ground: Pick<ReplicaGround, 'storage' | 'network' | 'identity'>) {
    this.#ground = ground
  }

  /** Signs what nobody signed yet in a namespace, in groups, one run after another. */
  async sealPending(ns: number): Promise<void> {
    const run = (this.#running.get(ns) ?? Promise.resolve()).then(() => this.#seal(ns))
    this.#running.set(
      ns,
      run.catch(() => undefined),
    )
    return run
  }

  async #seal(ns: number): Promise<void> {
    const { storage, network, identity } = this.#ground
    for (;;) {
      const records = await storage.unsealed(ns, RECORDS_PER_SEAL)
      if (records.length === 0) return
      const hashes = new Uint8Array(records.length * 32)
      records.forEach(({ hash }, i) => hashes.set(hash, i * 32))
      await storage.attachSeal(
        ns,
        records.map(({ seq }) => seq),
        createSeal(network.cid, hashes, identity),
      )
      if (records.length < RECORDS_PER_SEAL) return
    }
  }
}

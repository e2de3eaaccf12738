import type { CommitEvent, Replica } from '../replica/types.ts'

/**
 * Counts the namespaces that have come to a replica or gone since it was opened. One for all streams: a peer that follows the list over one stream and
 * goes on over another must miss none, and one that goes must not hide one that comes.
 */
export class NamespaceMoves {
  #count = 0

  constructor(replica: Pick<Replica, 'onCommit'>) {
    replica.onCommit((event) => {
      if (isMove(event)) this.#count++
    })
  }

  get count(): number {
    return this.#count
  }
}

/** Whether a commit is that of a namespace that has come, or has gone: it has no position. */
export function isMove({ to, head }: CommitEvent): boolean {
  return to === 0 && head !== true
}

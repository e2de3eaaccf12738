import { type DocumentFacts, errorCode, type ReadContents, type Replica, type ReadRequest } from '@p2p-docstore/core'
import { turn } from '../turn.ts'

/** First and largest piece in which results are read. */
const FIRST_PIECE = 100
const LARGEST_PIECE = 4000
/** How often results that nobody has seen yet are read again from the beginning before the reader hears of it. */
const MAX_ATTEMPTS = 5

/** Which collection is read. */
export interface Source {
  readonly replica: Replica
  readonly namespace: string
  readonly name: string
}

/** Results of one moment as JSON, and the position of that moment. */
export interface Snapshot extends ReadContents {
  readonly seq: number
}

/** The results of a query piece by piece, all of one moment. Throws `reading-ended` where that could not be kept. */
export async function* readPieces({ replica, namespace, name }: Source, request: Omit<ReadRequest, 'first'>): AsyncGenerator<Snapshot, void> {
  await turn()
  const { reading, seq, ...first } = await replica.openReading(namespace, name, { ...request, first: FIRST_PIECE })
  let isLast = reading === undefined
  try {
    yield { ...first, seq }
    let read = first.contents.length
    let size = FIRST_PIECE
    while (!isLast) {
      size = Math.min(size * 4, LARGEST_PIECE)
      await turn()
      const piece = await replica.readOn(reading ?? '', read, size)
      read += piece.contents.length
      ;({ isLast } = piece)
      yield { ...piece, seq }
    }
  } finally {
    // Where it cannot be ended any more, it has ended: its owner or the store has.
    if (reading !== undefined && !isLast) await replica.endReading(reading).catch(() => undefined)
  }
}

/** All results of a query, of one moment. */
export async function readAll(source: Source, request: Omit<ReadRequest, 'first'>): Promise<Snapshot> {
  for (let attempt = 1; ; attempt++) {
    try {
      const contents: string[] = []
      const facts: DocumentFacts[] = []
      let seq = 0
      for await (const piece of readPieces(source, request)) {
        for (const content of piece.contents) contents.push(content)
        for (const one of piece.facts ?? []) facts.push(one)
        ;({ seq } = piece)
      }
      return { contents, facts, seq }
    } catch (error) {
      if (errorCode(error) !== 'reading-ended' || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

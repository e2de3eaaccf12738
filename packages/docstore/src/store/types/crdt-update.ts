import type * as Yjs from 'yjs'

/** Largest update that a part has, bytes: as base64, with its ids, it is a document below the limit of 120 KiB. */
export const MAX_UPDATE_BYTES: number = 80 * 1024
/** Sessions whose changes one part may have: with ever so many that changed one place, putting them in order takes time with their square. */
export const MAX_UPDATE_CLIENTS = 1024
/** No session makes so many changes. */
const MAX_CLOCK: number = 2 ** 40

/**
 * Why an update of another peer cannot be used, `undefined` where it can. The library believes the counts in an update and sets memory aside for
 * them, so each is read one by one first, which ends with its bytes.
 */
export function updateFault(yjs: typeof Yjs, update: Uint8Array): string | undefined {
  if (update.length > MAX_UPDATE_BYTES) return `has more than ${MAX_UPDATE_BYTES} bytes`
  try {
    const clients = new Set<number>()
    for (const { id, length } of yjs.decodeUpdate(update).structs) {
      clients.add(id.client)
      if (!(length >= 1 && id.clock + length <= MAX_CLOCK)) return 'counts changes that cannot be'
    }
    return clients.size > MAX_UPDATE_CLIENTS ? `has changes of more than ${MAX_UPDATE_CLIENTS} sessions` : undefined
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

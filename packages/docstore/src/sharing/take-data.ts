import { letGo } from './attach.ts'
import { OWNER_TIMEOUT_MS } from './opened.ts'
import type { HeldData, Place } from './place.ts'

/** Takes data from whoever has it open, who leaves its network with it. Throws `data-in-use` where a relay has it, or a program that does not answer; unless `isPatient`, at once. */
export async function takeData(place: Place, isPatient: boolean): Promise<HeldData> {
  const until = performance.now() + 2 * OWNER_TIMEOUT_MS
  try {
    while (performance.now() < until) {
      const entry = await place.enter({ mayHold: true })
      if (entry.kind === 'held') return entry.held
      if (!isPatient) {
        if (entry.kind === 'line') entry.port.close()
        break
      }
      if (entry.kind === 'line' && !(await letGo(entry.port, 'leave'))) throw place.inUse('relay')
    }
    throw place.inUse('silent')
  } finally {
    place.close()
  }
}

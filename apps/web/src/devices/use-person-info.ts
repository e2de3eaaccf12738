import type { Docstore } from 'p2p-docstore'
import { useCallback, useState } from 'react'
import { useLive } from '../store/use-live.ts'

/** For whom this browser signs. */
export type PersonInfo = Awaited<ReturnType<Docstore['person']['show']>>
/** One of their devices. */
export type DeviceInfo = PersonInfo['devices'][number]

/** For whom this browser signs, and the way to look again. */
export function usePersonInfo(store: Docstore): {
  readonly person: PersonInfo | undefined
  readonly error: string | undefined
  readonly lookAgain: () => void
} {
  const [times, setTimes] = useState(0)
  const load = useCallback(() => store.person.show(), [store, times])
  const subscribe = useCallback((nudge: () => void) => store.person.on('person', nudge), [store])
  const { value: person, error } = useLive(load, subscribe)
  return { person, error, lookAgain: useCallback(() => setTimes((last) => last + 1), []) }
}

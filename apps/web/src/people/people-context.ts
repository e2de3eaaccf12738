import type { KnownPerson } from 'p2p-docstore'
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'
import type { People } from './people.ts'

/** Who is who on this page, and the way to somebody's profile. */
export interface PeopleContext {
  readonly people: People
  readonly show: (person: string) => void
}

export const PeopleContext = createContext<PeopleContext | undefined>(undefined)

/** What is known of somebody, and his picture; nothing while it is asked for. */
export function usePerson(person: string): {
  readonly isMe: boolean
  readonly known: KnownPerson | undefined
  readonly picture: string | undefined
  /** A username that the network granted to them. */
  readonly username: string | undefined
  readonly show: () => void
} {
  const context = useContext(PeopleContext)
  if (context === undefined) throw new Error('No store is open')
  const { people, show } = context
  const known = useSyncExternalStore(people.subscribe, () => people.get(person))
  const picture = useSyncExternalStore(people.subscribe, () => known && people.picture(known))
  const username = useSyncExternalStore(people.subscribe, () => people.username(person))
  return { isMe: person === people.me, known, picture, username, show: useCallback(() => show(person), [show, person]) }
}

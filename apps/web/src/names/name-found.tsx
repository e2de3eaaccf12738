import type { NameInfo } from 'p2p-docstore'
import type { ReactNode } from 'react'
import { PersonLink } from '../people/person-name.tsx'
import { Moment } from '../ui/moment.tsx'

/** How it stands with a username that somebody asked for. */
export function NameFound({ info: { name, state, person, last, until, doubles } }: { readonly info: NameInfo }): ReactNode {
  return (
    <>
      @{name}{' '}
      {person !== undefined ? (
        <>
          belongs to <PersonLink person={person} />
        </>
      ) : state === 'free' ? (
        'is free: whoever claims it first gets it'
      ) : last === undefined ? (
        'is nobody’s'
      ) : (
        <>
          was given up by <PersonLink person={last} />, who alone gets it back
        </>
      )}
      {until === undefined ? null : (
        <>
          {' '}
          until <Moment at={until} />
        </>
      )}
      .
      {doubles === undefined
        ? null
        : ` ${doubles.length === 1 ? 'An authority' : `${doubles.length} authorities`} of this network gave it to two persons.`}
    </>
  )
}

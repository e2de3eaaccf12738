import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { shorten } from '../ui/short-names.ts'
import { usePerson } from './people-context.ts'

/** Somebody, by what he is called here, with his picture and the username that the network granted; what he says of himself is text and proves nothing. The whole identity is beside. */
export function PersonName({ person }: { readonly person: string }): ReactNode {
  const { isMe, known, picture, username } = usePerson(person)
  // A key says less than the name that the network granted.
  const isNameless = !isMe && known?.petname === undefined && known?.static.name === undefined
  return (
    <span className="person" title={person} data-testid={TEST_IDS.person} data-person={person}>
      {picture === undefined ? null : <img className="person-picture" src={picture} alt="" width="18" height="18" />}
      {isNameless && username !== undefined ? null : (
        <span className="person-label">{isMe ? 'you' : <MarkedText text={known?.label ?? shorten(person.replace('did:key:', ''), 8, 6)} />}</span>
      )}
      {username === undefined || isMe ? null : <span className="person-username">@{username}</span>}
    </span>
  )
}

/** The same as a way to the profile. */
export function PersonLink({ person }: { readonly person: string }): ReactNode {
  const { show } = usePerson(person)
  return (
    <button type="button" className="person-link" onClick={show}>
      <PersonName person={person} />
    </button>
  )
}

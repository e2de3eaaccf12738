import type { ReactNode } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import type { ShutOut } from './connection-state.ts'

/** Says over everything else that the network does not let this peer in, and what to do about it. */
export function ShutOutBanner({
  shutOut,
  networkName,
  onEnterLink,
}: {
  readonly shutOut: ShutOut
  readonly networkName: string
  /** Goes to where a link can be pasted. */
  readonly onEnterLink: () => void
}): ReactNode {
  const [before, after] = FACTS[shutOut]
  return (
    <div className="banner" role="alert" data-testid={TEST_IDS.shutOutBanner} data-code={shutOut}>
      <p>
        <strong>
          {before} “<MarkedText text={networkName} />”{after}.
        </strong>{' '}
        {WHAT_TO_DO[shutOut]} What you write until then stays in this browser.
      </p>
      {shutOut === 'other-version' ? (
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      ) : (
        <button type="button" data-testid={TEST_IDS.enterLink} onClick={onEnterLink}>
          Enter a link
        </button>
      )}
    </div>
  )
}

/** What is the case, before and after the name of the network. */
const FACTS = {
  'not-invited': ['You are not invited to', ''],
  'invitation-expired': ['Your invitation to', ' has expired'],
  'invitation-revoked': ['Your invitation to', ' was withdrawn'],
  'other-network': ['The relay is not in', ' any more'],
  'other-version': ['The relay of', ' is of another version than this page'],
} as const

const WHAT_TO_DO = {
  'not-invited': 'It lets in only those who are. Ask whoever runs it for an invitation, and open its link.',
  'invitation-expired': 'Ask whoever runs it for a new one, and open its link.',
  'invitation-revoked':
    'Your documents are still here, and nobody else gets what you change. Ask whoever runs it for a new invitation, and open its link.',
  'other-network': 'Your documents are still here. Ask whoever runs it for a current link.',
  'other-version': 'Reload the page to get the version of the relay.',
} as const

import { type ReactNode, useEffect } from 'react'
import { UnlockForm } from '../later.ts'
import type { FailedState, Opener } from '../store/opener.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Later } from '../ui/later.tsx'
import { OtherNetworkActions } from './other-network-actions.tsx'

/** How often what may pass by itself is tried again: a relay that did not answer on first use, a tab that holds the data, milliseconds. */
const RETRY_MS = 3000
const PASSING_CODES: ReadonlySet<string> = new Set(['relay-unreachable', 'data-in-use'])

/** Why there is no store, in words that say what to do. */
export function OpenFailed({ failed, opener }: { readonly failed: FailedState; readonly opener: Opener }): ReactNode {
  const { code, message, canMove } = failed
  useEffect(() => {
    if (!PASSING_CODES.has(code)) return undefined
    const timer = setTimeout(() => void opener.open(), RETRY_MS)
    return () => clearTimeout(timer)
  }, [code, opener])
  const { title, hint } = failed.wasOpen === true ? LOCKED_AGAIN : explain(code)
  const isLocked = code === 'passphrase-needed' || code === 'wrong-passphrase'
  return (
    <main className="opening" data-testid={TEST_IDS.openFailed} data-code={code}>
      <p className="opening-title">Docstore</p>
      <h1>{title}</h1>
      {isLocked ? null : <p role="alert">{message}.</p>}
      <p className="hint">{hint}</p>
      {isLocked ? (
        <Later>
          <UnlockForm opener={opener} isWrong={code === 'wrong-passphrase'} />
        </Later>
      ) : code === 'other-network' ? (
        <OtherNetworkActions canMove={canMove} opener={opener} />
      ) : (
        <FailedActions code={code} opener={opener} />
      )}
    </main>
  )
}

function FailedActions({ code, opener }: { readonly code: string; readonly opener: Opener }): ReactNode {
  return (
    <div className="actions">
      {code === 'no-opfs' ? null : (
        <button type="button" className="button-primary" data-testid={TEST_IDS.retry} onClick={() => void opener.open()}>
          Try again
        </button>
      )}
      {code === 'bad-link' || code === 'too-many-networks' || code === 'bad-invitation' ? (
        <button type="button" onClick={() => location.assign('/')}>
          Go on without the link
        </button>
      ) : null}
      {STORAGE_CODES.has(code) ? (
        <button
          type="button"
          className={code === 'no-opfs' ? 'button-primary' : undefined}
          data-testid={TEST_IDS.openWithoutStoring}
          onClick={() => void opener.open({ isStored: false })}
        >
          Use without storing
        </button>
      ) : null}
    </div>
  )
}

const LOCKED_AGAIN = {
  title: 'The tab that you had unlocked is gone',
  hint: 'It held your documents for all tabs, this one too. Type your passphrase once more to go on here. What you were writing is kept.',
}

const STORAGE_CODES: ReadonlySet<string> = new Set(['no-opfs', 'storage-failed', 'disk-full', 'data-corrupt', 'data-too-new', 'data-in-use'])

function explain(code: string): { readonly title: string; readonly hint: string } {
  switch (code) {
    case 'data-in-use':
      return {
        title: 'Another tab does not answer',
        hint: 'It holds the documents of this browser for all tabs, and seems to be asleep or busy. This page tries again every few seconds.',
      }
    case 'no-opfs':
      return {
        title: 'This page cannot store anything here',
        hint: 'You can still use it: what you write goes to the relay, and is gone from this device when the tab closes. So is the identity that signs it.',
      }
    case 'relay-unreachable':
      return {
        title: 'The relay does not answer',
        hint: 'On the first visit the page asks its relay which network to join. It tries again every few seconds.',
      }
    case 'other-network':
      return {
        title: 'This link leads to another network',
        hint: 'Networks never mix. Your documents here stay as they are; the other network gets data of its own beside them, and you can go from one to the other. Where nobody else has been in your network yet, they can move to the other one.',
      }
    case 'bad-link':
      return { title: 'The join link is damaged', hint: 'Ask for it again and open it whole, to its last character.' }
    case 'bad-invitation':
      return {
        title: 'The invitation is not for this browser',
        hint: 'It may be for another identity, or for another network. Ask for one that lets in whoever has the link.',
      }
    case 'too-many-networks':
      return {
        title: 'This page is in enough networks',
        hint: 'Go on without the link, and leave one of them first: the button with the connection shows them.',
      }
    case 'passphrase-needed':
    case 'wrong-passphrase':
      return {
        title: 'This browser is locked',
        hint: 'Your passphrase opens it. Where it is forgotten, your 24 words bring you and your documents back in another browser.',
      }
    case 'disk-full':
      return { title: 'No space left', hint: 'Free some space on this device, then try again. What was stored before is safe.' }
    case 'data-too-new':
      return {
        title: 'The page is older than your data',
        hint: 'Reload the page to get the current version; if that does not help, the relay has to be updated.',
      }
    default:
      return { title: 'The documents cannot be opened', hint: 'Try again; if it stays like this, reload the page.' }
  }
}

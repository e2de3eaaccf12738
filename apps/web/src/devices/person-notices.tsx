import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useEffect, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { DocumentsBack } from './documents-back.tsx'
import { usePersonInfo } from './use-person-info.ts'
import { WordsDialog } from './words-dialog.tsx'

const LATER_KEY = 'docstore.words-later'
/** How long nobody is asked again who said "later", milliseconds. */
const LATER_MS = 3 * 24 * 60 * 60 * 1000
/** Acts of others that are told at once: the last ones. */
const MAX_ALERTS = 3

/** Asks whoever has something to lose to write down the words that bring it back, and tells what happened to their devices that this one did not do. */
export function PersonNotices({
  store,
  hasDocuments,
  onDevices,
}: {
  readonly store: Docstore
  readonly hasDocuments: boolean
  readonly onDevices: () => void
}): ReactNode {
  const { person, lookAgain } = usePersonInfo(store)
  const [isLater, setLater] = useState(saidLater)
  const [isOpen, setOpen] = useState(false)
  const [alerts, setAlerts] = useState<readonly { readonly id: number; readonly message: string }[]>([])
  useEffect(() => {
    let id = 0
    return store.person.on('person', ({ message }) => setAlerts((last) => [...last, { id: id++, message }].slice(-MAX_ALERTS)))
  }, [store])
  const asks = person?.person !== undefined && person.words === 'here' && hasDocuments && !isLater
  return (
    <>
      {alerts.map(({ id, message }) => (
        <div key={id} className="banner" role="alert" data-testid={TEST_IDS.deviceAlert}>
          <p>
            <MarkedText text={message} />
          </p>
          <button type="button" onClick={onDevices}>
            Show my devices
          </button>
          <button type="button" onClick={() => setAlerts((last) => last.filter((one) => one.id !== id))}>
            That was me
          </button>
        </div>
      ))}
      <DocumentsBack store={store} />
      {asks ? (
        <div className="banner banner-quiet" role="status" data-testid={TEST_IDS.wordsNotice}>
          <p>Write down your 24 words: they bring you and your documents back when this browser is lost.</p>
          <button type="button" data-testid={TEST_IDS.wordsOpen} onClick={() => setOpen(true)}>
            Show the words
          </button>
          <button
            type="button"
            data-testid={TEST_IDS.wordsLater}
            onClick={() => {
              sayLater()
              setLater(true)
            }}
          >
            Later
          </button>
        </div>
      ) : null}
      {isOpen ? (
        <WordsDialog
          store={store}
          onClose={() => {
            setOpen(false)
            lookAgain()
          }}
        />
      ) : null}
    </>
  )
}

function saidLater(): boolean {
  const until = Number(localStorage.getItem(LATER_KEY) ?? 0)
  return until > Date.now()
}

function sayLater(): void {
  try {
    localStorage.setItem(LATER_KEY, String(Date.now() + LATER_MS))
  } catch {
    // Without it the page asks again next time.
  }
}

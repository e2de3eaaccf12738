import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useEffect, useState } from 'react'
import { wantPerson } from '../store/several-devices.ts'
import { TEST_IDS } from '../test-ids.ts'
import { AddDevice } from './add-device.tsx'
import { DeviceRow } from './device-row.tsx'
import { usePersonInfo } from './use-person-info.ts'
import { WordsDialog } from './words-dialog.tsx'

/** The devices of whoever uses this browser, the way to another one, and to the words that outlast them all. */
export function DevicesSection({ store }: { readonly store: Docstore }): ReactNode {
  const { person, error, lookAgain } = usePersonInfo(store)
  const [isAdding, setAdding] = useState(false)
  const [words, setWords] = useState<'show' | 'replace'>()
  if (error !== undefined) return <p role="alert">{error}</p>
  if (person === undefined) return null
  if (person.person === undefined) return <OneDevice store={store} />
  return (
    <section className="panel-section" data-testid={TEST_IDS.devices} data-person={person.person}>
      <div className="section-head">
        <h3>Your devices</h3>
        {isAdding ? null : (
          <button type="button" className="button-small" data-testid={TEST_IDS.deviceAdd} onClick={() => setAdding(true)}>
            Add a device
          </button>
        )}
      </div>
      {isAdding ? (
        <AddDevice
          store={store}
          onAdded={lookAgain}
          onClose={() => {
            setAdding(false)
            lookAgain()
          }}
        />
      ) : null}
      <ul className="plain-list">
        {person.devices.map((device) => (
          <DeviceRow key={device.key} store={store} device={device} onChanged={lookAgain} />
        ))}
      </ul>
      {person.words === 'here' ? (
        <>
          <p className="hint">Nobody has written down your 24 words yet. They bring you back when all devices are lost.</p>
          <button type="button" className="button-small" data-testid={TEST_IDS.wordsShow} onClick={() => setWords('show')}>
            Write down your 24 words
          </button>
        </>
      ) : (
        <>
          <p className="hint">
            Your 24 words are not on this device. {person.words === 'written' ? 'Your paper has them.' : 'Your paper has them, or your first device.'}
          </p>
          <button type="button" className="button-small" data-testid={TEST_IDS.wordsReplace} onClick={() => setWords('replace')}>
            Replace the words
          </button>
        </>
      )}
      {words === undefined ? null : (
        <WordsDialog
          store={store}
          isReplacing={words === 'replace'}
          onClose={() => {
            setWords(undefined)
            lookAgain()
          }}
        />
      )}
    </section>
  )
}

/** A browser that signs for itself alone. It can be one device of several only as long as nothing was written in it. */
function OneDevice({ store }: { readonly store: Docstore }): ReactNode {
  const [isNew, setNew] = useState(false)
  useEffect(() => {
    store.namespaces.list().then(
      (namespaces) => setNew(namespaces.length === 0),
      () => undefined,
    )
  }, [store])
  return (
    <section className="panel-section" data-testid={TEST_IDS.devices}>
      <h3>Your devices</h3>
      {isNew ? (
        <>
          <p className="hint">This can be the first of several devices, with 24 words that bring you back when all of them are lost.</p>
          <button
            type="button"
            className="button-small"
            data-testid={TEST_IDS.devicesBegin}
            onClick={() => {
              wantPerson()
              location.reload()
            }}
          >
            Use several devices
          </button>
        </>
      ) : (
        <p className="hint">
          What you write here is signed with the key of this browser alone. Several devices take a browser in which nothing was written yet.
        </p>
      )}
    </section>
  )
}

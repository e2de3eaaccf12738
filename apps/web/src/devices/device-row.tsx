import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { Moment } from '../ui/moment.tsx'
import { deviceName } from './device-name.ts'
import type { DeviceInfo } from './use-person-info.ts'

type Wish = 'name' | 'revoke'

/** One device: what it is called, since when it is one, and the ways to call it something else and to end it. */
export function DeviceRow({
  store,
  device,
  onChanged,
}: {
  readonly store: Docstore
  readonly device: DeviceInfo
  readonly onChanged: () => void
}): ReactNode {
  const { key, label, addedAt, until, isThis } = device
  const [wish, setWish] = useState<Wish>()
  const [error, setError] = useState('')
  const [again, setAgain] = useState<readonly DeviceInfo[]>([])
  const act = (work: Promise<unknown>): void => {
    setError('')
    work.then(
      () => {
        setWish(undefined)
        onChanged()
      },
      (cause: unknown) => setError(errorText(cause)),
    )
  }
  return (
    <li className="device" data-testid={TEST_IDS.device} data-key={key} data-this={isThis} data-revoked={until !== undefined}>
      <span title={key}>
        <strong>
          <MarkedText text={deviceText(device)} />
        </strong>
        {isThis ? ' · this browser' : null}
        <span className="hint">
          {until !== undefined ? (
            <>
              ended <Moment at={until} />
            </>
          ) : addedAt === undefined ? (
            'the first one'
          ) : (
            <>
              since <Moment at={addedAt} />
            </>
          )}
        </span>
      </span>
      {until === undefined ? (
        <span className="actions">
          <button
            type="button"
            className="button-small"
            data-testid={TEST_IDS.deviceRename}
            onClick={() => setWish(wish === 'name' ? undefined : 'name')}
          >
            Name it
          </button>
          {isThis ? null : (
            <button
              type="button"
              className="button-small"
              data-testid={TEST_IDS.deviceRevoke}
              aria-expanded={wish === 'revoke'}
              onClick={() => setWish(wish === 'revoke' ? undefined : 'revoke')}
            >
              End it
            </button>
          )}
        </span>
      ) : null}
      {wish === 'name' ? (
        <NameForm label={label === '' && isThis ? deviceName() : label} onName={(name) => act(store.person.label(key, name))} />
      ) : null}
      {wish === 'revoke' ? <RevokeForm onRevoke={(how) => act(revoke(store, key, how).then(setAgain))} /> : null}
      {again.length === 0 ? null : (
        <p className="notice" role="status" data-testid={TEST_IDS.deviceAgain}>
          It had ended these, which act again: {again.map(deviceText).join(', ')}. End each that was lost, too.
        </p>
      )}
      {error === '' ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
    </li>
  )
}

/** What it is called, or the end of its key. */
function deviceText({ label, key }: DeviceInfo): string {
  return label === '' ? `Device …${key.slice(-8)}` : label
}

interface HowRevoked {
  readonly retired: boolean
  /** As they were typed; empty where this device does it by itself. */
  readonly words: string
}

/** Ends a device; resolves with those that it had ended, which act again. */
async function revoke(store: Docstore, key: string, { retired, words }: HowRevoked): Promise<readonly DeviceInfo[]> {
  const ended = new Set((await store.person.devices()).flatMap((one) => (one.until === undefined ? [] : one.key)))
  const { devices } = await store.person.revoke(key, { retired, ...(words.trim() === '' ? {} : { words }) })
  if (devices.find((one) => one.key === key)?.until === undefined)
    throw new Error('Nothing was changed: this browser was revoked before. Do it on another device, or with your 24 words')
  return devices.filter((one) => ended.has(one.key) && one.until === undefined && !one.isThis)
}

function NameForm({ label, onName }: { readonly label: string; readonly onName: (name: string) => void }): ReactNode {
  const [name, setName] = useState(label)
  return (
    <form
      className="inline-field"
      onSubmit={(event) => {
        event.preventDefault()
        onName(name.trim())
      }}
    >
      <input
        aria-label="Name of the device"
        data-testid={TEST_IDS.deviceName}
        value={name}
        maxLength={64}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="button-small" data-testid={TEST_IDS.deviceNameSave}>
        Save
      </button>
    </form>
  )
}

function RevokeForm({ onRevoke }: { readonly onRevoke: (how: HowRevoked) => void }): ReactNode {
  const [retired, setRetired] = useState(false)
  const [words, setWords] = useState('')
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault()
        onRevoke({ retired, words: retired ? '' : words })
      }}
    >
      <fieldset className="field">
        <legend>What became of it</legend>
        <label className="choice">
          <input type="radio" name="became" value="lost" checked={!retired} onChange={() => setRetired(false)} />
          <span>
            <strong>Lost, stolen, or somebody else used it</strong>
            <span className="hint">Nobody takes what it writes any more, nor anything of before that this browser does not have.</span>
          </span>
        </label>
        <label className="choice">
          <input
            type="radio"
            name="became"
            value="retired"
            data-testid={TEST_IDS.deviceRetired}
            checked={retired}
            onChange={() => setRetired(true)}
          />
          <span>
            <strong>I have it and do not use it any more</strong>
            <span className="hint">All that it wrote until now stands, also what has not arrived yet.</span>
          </span>
        </label>
      </fieldset>
      {retired ? null : (
        <label className="field">
          <span>Your 24 words, if it was stolen: a thief could end this browser in turn, and cannot undo what the words did</span>
          <textarea
            value={words}
            rows={2}
            maxLength={1000}
            placeholder="Without them this browser does it by itself"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            data-testid={TEST_IDS.deviceRevokeWords}
            onChange={(event) => setWords(event.target.value)}
          />
        </label>
      )}
      <p className="hint">This cannot be undone. The device keeps what it has.</p>
      <button type="submit" className="button-danger" data-testid={TEST_IDS.deviceRevokeConfirm}>
        End it for good
      </button>
    </form>
  )
}

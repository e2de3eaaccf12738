import type { Namespace, NamespaceChange } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { errorText } from '../../store/error-text.ts'
import { TEST_IDS } from '../../test-ids.ts'
import type { SettingsDraft, SettingsFields } from './settings-draft.ts'

/** A form for what a namespace says of itself: its name, what it is for, whether others find it, and how long earlier versions are kept. */
export function FactsForm({
  namespace,
  begin,
  fields,
  onChange,
  onWritten,
}: {
  readonly namespace: Namespace
  /** As it is. */
  readonly begin: SettingsFields
  /** As it stands in the form. */
  readonly fields: SettingsFields
  readonly onChange: (part: SettingsDraft) => void
  readonly onWritten: () => void
}): ReactNode {
  const [said, setSaid] = useState<{ readonly text: string; readonly isError: boolean }>()
  const change = changeOf(begin, fields)
  const isChanged = Object.keys(change).length > 0
  const save = async (): Promise<void> => {
    try {
      await namespace.set(change)
      onChange({ name: undefined, description: undefined, isListed: undefined, history: undefined })
      setSaid({ text: 'Saved. Everybody who has the namespace is told.', isError: false })
      onWritten()
    } catch (cause) {
      setSaid({ text: errorText(cause), isError: true })
    }
  }
  return (
    <form
      className="settings-form"
      data-testid={TEST_IDS.settingsFacts}
      onSubmit={(event) => {
        event.preventDefault()
        if (isChanged) void save()
      }}
      onChange={() => setSaid(undefined)}
    >
      <label className="field">
        <span>Name</span>
        <input
          data-testid={TEST_IDS.settingsName}
          value={fields.name}
          required
          maxLength={128}
          autoComplete="off"
          onChange={(event) => onChange({ name: event.target.value })}
        />
      </label>
      <label className="field">
        <span>What it is for</span>
        <textarea
          data-testid={TEST_IDS.settingsDescription}
          value={fields.description}
          maxLength={2048}
          rows={2}
          onChange={(event) => onChange({ description: event.target.value })}
        />
      </label>
      <label className="field">
        <span>Days for which earlier versions of documents are kept</span>
        <input
          type="number"
          min={0}
          step={1}
          data-testid={TEST_IDS.settingsHistory}
          value={fields.history}
          placeholder="30, and none at relays"
          onChange={(event) => onChange({ history: event.target.value })}
        />
      </label>
      <label className="choice">
        <input
          type="checkbox"
          data-testid={TEST_IDS.settingsListed}
          checked={fields.isListed}
          onChange={(event) => onChange({ isListed: event.target.checked })}
        />
        <span>
          <strong>Listed</strong>
          <span className="hint">Relays name it to everyone in the network. Else only who has its id finds it.</span>
        </span>
      </label>
      <div className="actions">
        <button type="submit" className="button-primary" data-testid={TEST_IDS.settingsSave} disabled={!isChanged || fields.name.trim() === ''}>
          Save
        </button>
        <p className={said?.isError === true ? 'error' : 'hint'} role="status">
          {said?.text}
        </p>
      </div>
    </form>
  )
}

/** What is to be set; what is as it was is left out. */
function changeOf(begin: SettingsFields, { name, description, isListed, history }: SettingsFields): NamespaceChange {
  return {
    ...(name.trim() === begin.name ? {} : { name: name.trim() }),
    ...(description.trim() === begin.description ? {} : { description: description.trim() === '' ? null : description.trim() }),
    ...(isListed === begin.isListed ? {} : { listed: isListed }),
    ...(history === begin.history ? {} : { history: history === '' ? null : Number(history) }),
  }
}

import { DocstoreError, type Namespace, type RulesCheck } from 'p2p-docstore'
import { type ReactNode, useMemo, useState } from 'react'
import { JsonField } from '../../documents/editor/json-field.tsx'
import { namespaceHref, WHOLE_LIST } from '../../route.ts'
import { errorText } from '../../store/error-text.ts'
import { TEST_IDS } from '../../test-ids.ts'
import { MarkedText } from '../../ui/marked-text.tsx'
import { numberText } from '../../ui/numbers.ts'
import { shorten } from '../../ui/short-names.ts'
import { parseRulesText, rulesChange } from './rules-text.ts'
import type { SettingsDraft, SettingsFields } from './settings-draft.ts'

/** What would be removed: how many documents, and versions that lost, and some of them. */
type Against = Pick<RulesCheck, 'documents' | 'conflicts'> & {
  readonly examples: readonly Pick<RulesCheck['examples'][number], 'collection' | '_id' | 'text' | 'isConflict'>[]
}

type Said = { readonly kind: 'saved' } | { readonly kind: 'error'; readonly text: string } | { readonly kind: 'against'; readonly against: Against }

/** The rules of the collections as JSON, to be changed by the owner of the namespace. Documents that break new ones are named before they are removed. */
export function RulesForm({
  namespace,
  begin,
  fields,
  isOwner,
  onChange,
  onWritten,
  onLeave,
}: {
  readonly namespace: Namespace
  /** As it is. */
  readonly begin: SettingsFields
  /** As it stands in the form. */
  readonly fields: SettingsFields
  readonly isOwner: boolean
  readonly onChange: (part: SettingsDraft) => void
  readonly onWritten: () => void
  /** One of the documents is looked at. */
  readonly onLeave: () => void
}): ReactNode {
  const [said, setSaid] = useState<Said>()
  const [isBusy, setBusy] = useState(false)
  const parsed = useMemo(() => parseRulesText(fields.rules), [fields.rules])
  const isChanged = fields.rules !== begin.rules
  const set = async (force: boolean): Promise<void> => {
    const before = parseRulesText(begin.rules)
    if (!parsed.ok || !before.ok) return
    setBusy(true)
    try {
      await namespace.setRules(rulesChange(before.rules, parsed.rules), { force })
      onChange({ rules: undefined })
      setSaid({ kind: 'saved' })
      onWritten()
    } catch (cause) {
      setSaid(saidOf(cause))
    }
    setBusy(false)
  }
  return (
    <form
      className="settings-form"
      data-testid={TEST_IDS.settingsRules}
      onSubmit={(event) => {
        event.preventDefault()
        if (isChanged) void set(false)
      }}
    >
      <h3>Rules for documents</h3>
      <p className="hint">
        By the names of collections: <code>schema</code> (JSON Schema), <code>immutable</code> (fields that the _id is made of), <code>unique</code>{' '}
        (fields that no two documents have alike), <code>maxBytes</code>. Every peer holds to them.
      </p>
      <JsonField
        label="Rules as JSON"
        testId={TEST_IDS.settingsRulesText}
        errorTestId={TEST_IDS.settingsRulesError}
        text={fields.rules}
        parsed={parsed}
        isReadOnly={!isOwner}
        takesFocus={false}
        onChange={(rules) => {
          setSaid(undefined)
          onChange({ rules })
        }}
      />
      {said?.kind === 'error' ? (
        <p className="error" role="alert">
          <MarkedText text={said.text} />
        </p>
      ) : null}
      {said?.kind === 'against' ? (
        <AgainstRules against={said.against} namespace={namespace.id} isBusy={isBusy} onForce={() => void set(true)} onLeave={onLeave} />
      ) : null}
      {isOwner ? (
        <div className="actions">
          <button type="submit" className="button-primary" data-testid={TEST_IDS.settingsRulesSave} disabled={!isChanged || !parsed.ok || isBusy}>
            {isBusy ? 'Judging the documents…' : 'Set these rules'}
          </button>
          <p className="hint" role="status">
            {said?.kind === 'saved' ? 'Set. Every peer judges by them from now on.' : null}
          </p>
        </div>
      ) : (
        <p className="hint">Only the owner of this namespace changes them.</p>
      )}
    </form>
  )
}

/** Says which documents would be removed everywhere, and lets them go. */
function AgainstRules({
  against: { documents, conflicts, examples },
  namespace,
  isBusy,
  onForce,
  onLeave,
}: {
  readonly against: Against
  readonly namespace: string
  readonly isBusy: boolean
  readonly onForce: () => void
  readonly onLeave: () => void
}): ReactNode {
  const all = documents + conflicts
  const isOne = all === 1
  const versions = conflicts === 1 ? 'One version that lost' : `${numberText(conflicts)} versions that lost`
  const wholes = documents === 1 ? 'One document' : `${numberText(documents)} documents`
  const what = conflicts === 0 ? wholes : documents === 0 ? versions : `${wholes} and ${versions.toLowerCase()}`
  return (
    <div className="against" role="alert" data-testid={TEST_IDS.settingsAgainst} data-documents={documents}>
      <p>
        {what} {isOne ? 'breaks' : 'break'} these rules, and would be removed from every peer. Nothing was changed.
        {conflicts === 0 ? null : ' Versions that lost are settled under “Conflicts”.'}
      </p>
      <ul>
        {examples.map(({ collection, _id, text, isConflict }, i) => (
          // Several versions of one document can have lost.
          <li key={i}>
            <a href={namespaceHref(namespace, collection, { ...WHOLE_LIST, filterText: `_id=${JSON.stringify(_id)}` })} onClick={onLeave}>
              {collection}/{shorten(_id)}
            </a>
            {isConflict === true ? ', a version that lost' : null}: <MarkedText text={text} />
          </li>
        ))}
        {all > examples.length ? <li>and {numberText(all - examples.length)} more</li> : null}
      </ul>
      <button type="button" className="button-danger" data-testid={TEST_IDS.settingsForce} disabled={isBusy} onClick={onForce}>
        Set them and remove {isOne ? 'it' : `all ${numberText(all)}`}
      </button>
    </div>
  )
}

function saidOf(error: unknown): Said {
  if (!(error instanceof DocstoreError) || error.code !== 'documents-against-rules') return { kind: 'error', text: errorText(error) }
  return { kind: 'against', against: error.details as unknown as Against }
}

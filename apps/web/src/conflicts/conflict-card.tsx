import type { Conflict, Document } from 'p2p-docstore'
import { type ReactNode, useId } from 'react'
import { PersonName } from '../people/person-name.tsx'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'
import { Moment } from '../ui/moment.tsx'
import { numberText } from '../ui/numbers.ts'
import { type Difference, differencesOf } from './differences.ts'

/** Fields that are shown of a version. */
const MAX_FIELDS = 40
/** Longest text of a value, UTF-16 units. */
const MAX_LENGTH = 4000

/** A version that lost beside what stands, and the way to keep it after all. */
export function ConflictCard({
  conflict,
  readOnly,
  onKeep,
}: {
  readonly conflict: Conflict<Document>
  readonly readOnly: string | undefined
  readonly onKeep: () => void
}): ReactNode {
  const { cid, at, by, field, won } = conflict
  const isDeleted = won.document === null
  const isDelete = !isDeleted && conflict.document === null
  const differences = isDelete ? [] : differencesOf(conflict)
  const titleId = useId()
  const label = isDelete ? 'Delete it after all' : isDeleted ? 'Bring this back' : 'Keep this'
  return (
    <article className="conflict" aria-labelledby={titleId} data-testid={TEST_IDS.conflict} data-field={field} data-by={by}>
      <h3 id={titleId}>
        <PersonName person={by} /> {isDelete ? 'deleted it' : 'wrote'}, <Moment at={at} />
      </h3>
      <p className="hint">
        without having seen {isDeleted ? 'that' : 'what'} <PersonName person={won.by} /> {isDeleted ? 'deleted it' : 'wrote'}, <Moment at={won.at} />
      </p>
      {differences.length === 0 ? null : <Differences differences={differences} isDeleted={isDeleted} />}
      {isDeleted && cid === null ? (
        <p className="hint">The rest of the document is gone with it, so this cannot be kept by itself.</p>
      ) : (
        <button
          type="button"
          data-testid={TEST_IDS.conflictKeep}
          disabled={readOnly !== undefined}
          title={readOnly}
          aria-describedby={titleId}
          onClick={onKeep}
        >
          {label}
        </button>
      )}
    </article>
  )
}

function Differences({ differences, isDeleted }: { readonly differences: readonly Difference[]; readonly isDeleted: boolean }): ReactNode {
  const shown = differences.slice(0, MAX_FIELDS)
  return (
    <>
      <table className="conflict-values">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">This version</th>
            {isDeleted ? null : <th scope="col">What stands</th>}
          </tr>
        </thead>
        <tbody>
          {shown.map(({ field, lost, stands }) => (
            <tr key={field}>
              <th scope="row">{field === '' ? 'the document' : <MarkedText text={field} />}</th>
              <td data-label="This version">
                <ValueText value={lost} />
              </td>
              {isDeleted ? null : (
                <td data-label="What stands">
                  <ValueText value={stands} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === differences.length ? null : <p className="hint">And {numberText(differences.length - shown.length)} more fields.</p>}
    </>
  )
}

function ValueText({ value }: { readonly value: Difference['lost'] }): ReactNode {
  if (value === undefined) return <span className="hint">not there</span>
  // A text as it is read, lines and all.
  const text = typeof value === 'string' ? `"${value}"` : JSON.stringify(value, null, 2)
  return (
    // Keys scroll it only while it has the focus.
    <pre tabIndex={0} className="conflict-value">
      <MarkedText text={text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text} />
    </pre>
  )
}

import type { Docstore, WritePolicy } from 'p2p-docstore'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { namespaceHref } from '../route.ts'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { useFocusReturn } from '../ui/use-focus-return.ts'
import { POLICIES } from './policies.ts'

/** A form for a new namespace: its name, who may write, and whether others find it. What was typed is there again when the form was left by mistake. */
export function CreateNamespace({
  store,
  name,
  onName,
  onDone,
  onWritten,
}: {
  readonly store: Docstore
  readonly name: string
  readonly onName: (name: string) => void
  readonly onDone: () => void
  readonly onWritten: () => void
}): ReactNode {
  const [listed, setListed] = useState(false)
  const [policy, setPolicy] = useState<WritePolicy>('owner')
  const [error, setError] = useState('')
  const form = useRef<HTMLFormElement>(null)
  const input = useRef<HTMLInputElement>(null)
  useFocusReturn(form)
  useLayoutEffect(() => input.current?.focus(), [])
  const create = async (): Promise<void> => {
    try {
      const { id } = await store.namespaces.create({ name: name.trim(), write: policy, listed })
      onName('')
      onWritten()
      onDone()
      location.hash = namespaceHref(id)
    } catch (cause) {
      setError(errorText(cause))
    }
  }
  return (
    <form
      ref={form}
      className="form-card"
      data-testid={TEST_IDS.createForm}
      onSubmit={(event) => {
        event.preventDefault()
        void create()
      }}
      onKeyDown={(event) => event.key === 'Escape' && onDone()}
    >
      <label className="field">
        <span>Name</span>
        <input
          ref={input}
          data-testid={TEST_IDS.createName}
          value={name}
          required
          maxLength={128}
          autoComplete="off"
          onChange={(event) => onName(event.target.value)}
        />
      </label>
      <fieldset className="field">
        <legend>Who may write</legend>
        {POLICIES.map((choice) => (
          <label key={choice.policy} className="choice">
            <input
              type="radio"
              name="policy"
              data-testid={TEST_IDS.createPolicy}
              value={choice.policy}
              checked={policy === choice.policy}
              onChange={() => setPolicy(choice.policy)}
            />
            <span>
              <strong>{choice.name}</strong>
              <span className="hint">{choice.explanation}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <p className="hint">This cannot be changed later.</p>
      <label className="choice">
        <input type="checkbox" data-testid={TEST_IDS.createListed} checked={listed} onChange={(event) => setListed(event.target.checked)} />
        <span>
          <strong>Listed</strong>
          <span className="hint">Relays name it to everyone in the network. Else only who has its id finds it.</span>
        </span>
      </label>
      {error === '' ? null : (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="button-primary" data-testid={TEST_IDS.createSubmit} disabled={name.trim() === ''}>
          Create
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  )
}

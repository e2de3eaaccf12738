import type { Docstore, Namespace } from 'p2p-docstore'
import { type ReactNode, useCallback, useId, useState } from 'react'
import { useLive } from '../../store/use-live.ts'
import { TEST_IDS } from '../../test-ids.ts'
import { ROLES, type Role } from './roles.ts'

/** The id of a person, or the key of somebody who is none. */
const ID = /^(?:bafyrei[a-z2-7]{52}|did:key:z6Mk\w+)$/
/** How long it is looked for somebody who is named, milliseconds. */
const FIND_MS = 5000

const EMPTY = { who: '', role: 'write' as Role, collection: '', from: '', until: '' }

/** Gives somebody a role: which one, and, where that is wanted, in which collection, from when and until when. */
export function GrantForm({
  store,
  namespace,
  isOwner,
  change,
}: {
  readonly store: Docstore
  readonly namespace: Namespace
  readonly isOwner: boolean
  readonly change: (work: () => Promise<string>) => Promise<boolean>
}): ReactNode {
  const [draft, setDraft] = useState(EMPTY)
  const [isBusy, setBusy] = useState(false)
  const listId = useId()
  const load = useCallback(async () => (await store.profiles.list()).filter(({ isMe }) => !isMe), [store])
  const subscribe = useCallback((nudge: () => void) => store.profiles.on('change', nudge), [store])
  const { value: known = [] } = useLive(load, subscribe)
  const { who, role, from, until } = draft
  // Whoever manages does so in all collections.
  const collection = role === 'manage' ? '' : draft.collection.trim()
  const set = (part: Partial<typeof EMPTY>): void => setDraft({ ...draft, ...part })
  const grant = async (): Promise<void> => {
    setBusy(true)
    const isDone = await change(async () => {
      const named = who.trim()
      // Somebody may have an id and no profile.
      const person = ID.test(named) ? named : (await store.profiles.show(named, { timeoutMs: FIND_MS })).person
      const owner = person.startsWith('did:') ? await store.person.of(person) : undefined
      if (owner !== undefined) throw new Error(`This is the key of one device. Roles are given to persons; take the id of theirs: ${owner}`)
      await namespace.grant(person, role, {
        ...(collection === '' ? {} : { collection }),
        // What is typed is the time of whoever looks.
        ...(from === '' ? {} : { from: new Date(from) }),
        ...(until === '' ? {} : { until: new Date(until) }),
      })
      return 'Given. Everybody who has the namespace is told.'
    })
    setBusy(false)
    if (isDone) setDraft(EMPTY)
  }
  return (
    <form
      className="grant-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy) void grant()
      }}
    >
      <div className="inline-field">
        <input
          aria-label="Name or id of somebody"
          placeholder="@alice, a name, or an id"
          list={listId}
          value={who}
          autoComplete="off"
          data-testid={TEST_IDS.memberWho}
          onChange={(event) => set({ who: event.target.value })}
        />
        <datalist id={listId}>
          {known.map(({ person, label }) => (
            <option key={person} value={person}>
              {label}
            </option>
          ))}
        </datalist>
        <select
          aria-label="What they may"
          value={role}
          data-testid={TEST_IDS.memberRole}
          onChange={(event) => set({ role: ROLES.find((one) => one.role === event.target.value)?.role ?? 'write' })}
        >
          {ROLES.filter((one) => isOwner || one.role !== 'manage').map((one) => (
            <option key={one.role} value={one.role}>
              {one.name}
            </option>
          ))}
        </select>
        <button type="submit" className="button-small" data-testid={TEST_IDS.memberGrant} aria-disabled={isBusy} disabled={who.trim() === ''}>
          {isBusy ? 'Giving…' : 'Give'}
        </button>
      </div>
      <details>
        <summary data-testid={TEST_IDS.memberLimits}>Only for a time, or in one collection</summary>
        <div className="settings-form">
          {role === 'manage' ? null : (
            <label className="field">
              <span>Collection; all without it</span>
              <input
                value={draft.collection}
                maxLength={64}
                autoComplete="off"
                spellCheck={false}
                data-testid={TEST_IDS.memberCollection}
                onChange={(event) => set({ collection: event.target.value })}
              />
            </label>
          )}
          <label className="field">
            <span>From; now without it. Earlier than now, what they wrote since then counts, too</span>
            <input type="datetime-local" value={from} data-testid={TEST_IDS.memberFrom} onChange={(event) => set({ from: event.target.value })} />
          </label>
          <label className="field">
            <span>Until; for good without it. What they write before then stands</span>
            <input type="datetime-local" value={until} data-testid={TEST_IDS.memberUntil} onChange={(event) => set({ until: event.target.value })} />
          </label>
        </div>
      </details>
    </form>
  )
}

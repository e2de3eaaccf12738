import type { RevokeRolesOptions } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { PersonLink } from '../../people/person-name.tsx'
import { TEST_IDS } from '../../test-ids.ts'
import { holds, type Member, roleText } from './roles.ts'

/** Somebody with all roles that they have or had, and the way to take these away: all of them, or one. */
export function MemberRow({
  who,
  roles,
  mayTake,
  onTake,
}: {
  readonly who: string
  readonly roles: readonly Member[]
  readonly mayTake: boolean
  readonly onTake: (options: RevokeRolesOptions) => Promise<boolean>
}): ReactNode {
  const [isAsked, setAsked] = useState(false)
  const [removeAll, setRemoveAll] = useState(false)
  const [only, setOnly] = useState('')
  const [isBusy, setBusy] = useState(false)
  const held = roles.filter(holds)
  const isSeveral = held.length > 1
  // One that has ended meanwhile is not there to be taken.
  const one = isSeveral ? held.find((role) => roleText(role) === only) : undefined
  const take = async (): Promise<void> => {
    setBusy(true)
    const isDone = await onTake(
      one === undefined ? { removeAll } : { role: one.role, ...(one.collection === undefined ? {} : { collection: one.collection }) },
    )
    setBusy(false)
    if (!isDone) return
    setAsked(false)
    setOnly('')
  }
  return (
    <li className="device" data-testid={TEST_IDS.memberPerson} data-who={who}>
      <span className="inline-field">
        <PersonLink person={who} />
        {mayTake ? (
          <button
            type="button"
            className="button-small"
            data-testid={TEST_IDS.memberRevoke}
            aria-expanded={isAsked}
            onClick={() => setAsked(!isAsked)}
          >
            Take away
          </button>
        ) : null}
      </span>
      <ul className="plain-list">
        {roles.map((role) => (
          <li
            key={roleText(role)}
            className={holds(role) ? undefined : 'hint'}
            data-testid={TEST_IDS.member}
            data-who={who}
            data-role={role.role}
            data-ended={!holds(role)}
          >
            {roleText(role)}
          </li>
        ))}
      </ul>
      {isAsked && mayTake ? (
        <form
          className="settings-form"
          onSubmit={(event) => {
            event.preventDefault()
            if (!isBusy) void take()
          }}
        >
          {isSeveral ? (
            <label className="field">
              <span>Which role</span>
              <select value={one === undefined ? '' : only} data-testid={TEST_IDS.memberRevokeOnly} onChange={(event) => setOnly(event.target.value)}>
                <option value="">all of them</option>
                {held.map((role) => (
                  <option key={roleText(role)} value={roleText(role)}>
                    {roleText(role)}
                  </option>
                ))}
              </select>
            </label>
          ) : null}
          <p className="hint">
            {one === undefined
              ? `${isSeveral ? 'All of their roles end now.' : 'It ends now.'} What they wrote until now stands, unless you say otherwise.`
              : 'It ends now, and the others stay. What they wrote until now stands.'}
          </p>
          {one === undefined ? (
            <label className="choice">
              <input
                type="checkbox"
                checked={removeAll}
                data-testid={TEST_IDS.memberRemoveAll}
                onChange={(event) => setRemoveAll(event.target.checked)}
              />
              <span>
                <strong>Remove what they wrote, too</strong>
                <span className="hint">Everything that their roles allowed goes, at everybody who has the namespace.</span>
              </span>
            </label>
          ) : null}
          <button type="submit" className="button-danger" data-testid={TEST_IDS.memberRevokeConfirm} aria-disabled={isBusy}>
            {isSeveral && one === undefined ? 'Take all roles away' : 'Take it away'}
          </button>
        </form>
      ) : null}
    </li>
  )
}

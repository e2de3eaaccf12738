import { type ReactNode, useState } from 'react'
import { PersonLink } from '../../people/person-name.tsx'
import { TEST_IDS } from '../../test-ids.ts'
import { holds, type Member, roleText } from './roles.ts'

/** Somebody with all roles that they have or had, and the way to take these away, which takes all of them. */
export function MemberRow({
  who,
  roles,
  mayTake,
  onTake,
}: {
  readonly who: string
  readonly roles: readonly Member[]
  readonly mayTake: boolean
  readonly onTake: (options: { readonly removeAll: boolean }) => Promise<boolean>
}): ReactNode {
  const [isAsked, setAsked] = useState(false)
  const [removeAll, setRemoveAll] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const take = async (): Promise<void> => {
    setBusy(true)
    const isDone = await onTake({ removeAll })
    setBusy(false)
    if (isDone) setAsked(false)
  }
  const isSeveral = roles.filter(holds).length > 1
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
          <p className="hint">
            {isSeveral ? 'All of their roles end now.' : 'It ends now.'} What they wrote until now stands, unless you say otherwise.
          </p>
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
          <button type="submit" className="button-danger" data-testid={TEST_IDS.memberRevokeConfirm} aria-disabled={isBusy}>
            {isSeveral ? 'Take all roles away' : 'Take it away'}
          </button>
        </form>
      ) : null}
    </li>
  )
}

import type { Docstore, Namespace } from 'p2p-docstore'
import { type ReactNode, useCallback, useState } from 'react'
import { whoAmI } from '../../people/who-am-i.ts'
import { errorText } from '../../store/error-text.ts'
import { useLive } from '../../store/use-live.ts'
import { TEST_IDS } from '../../test-ids.ts'
import { GrantForm } from './grant-form.tsx'
import { MemberRow } from './member-row.tsx'
import { onHeads } from './on-heads.ts'
import { holds, membersByPerson } from './roles.ts'

/** Who may do what in a namespace of members; its owner, and who manages, gives roles and takes them away. */
export function MembersSection({
  store,
  namespace,
  isOwner,
}: {
  readonly store: Docstore
  readonly namespace: Namespace
  readonly isOwner: boolean
}): ReactNode {
  const load = useCallback(() => namespace.members(), [namespace])
  const subscribe = useCallback((nudge: () => void) => onHeads(store, namespace, nudge), [store, namespace])
  const { value: members = [], error } = useLive(load, subscribe)
  const [said, setSaid] = useState<{ readonly text: string; readonly isError: boolean }>()
  const manages = members.some((member) => member.who === whoAmI(store) && member.role === 'manage' && holds(member))
  const mayGrant = isOwner || manages
  const change = async (work: () => Promise<string>): Promise<boolean> => {
    setSaid(undefined)
    try {
      setSaid({ text: await work(), isError: false })
      return true
    } catch (cause) {
      setSaid({ text: errorText(cause), isError: true })
      return false
    }
  }
  return (
    <section className="settings-form" data-testid={TEST_IDS.settingsMembers}>
      <h3>Members</h3>
      {members.length === 0 ? <p className="hint">Nobody but the owner writes here yet.</p> : null}
      <ul className="plain-list">
        {membersByPerson(members).map(({ who, roles }) => (
          <MemberRow
            key={who}
            who={who}
            roles={roles}
            mayTake={mayGrant && roles.some(holds) && (isOwner || roles.every((one) => one.role !== 'manage' || !holds(one)))}
            onTake={(options) =>
              change(async () => {
                await namespace.revoke(who, options)
                return options.removeAll === true ? 'Taken away, with what they wrote.' : 'Taken away. What they wrote until now stands.'
              })
            }
          />
        ))}
      </ul>
      {mayGrant ? <GrantForm store={store} namespace={namespace} isOwner={isOwner} change={change} /> : null}
      <p className={(said?.isError ?? error !== undefined) ? 'error' : 'hint'} role="status" data-testid={TEST_IDS.memberSaid}>
        {said?.text ?? error}
      </p>
    </section>
  )
}

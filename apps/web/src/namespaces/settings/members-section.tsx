import type { Docstore, Namespace } from 'p2p-docstore'
import { type ReactNode, useCallback, useId, useState } from 'react'
import { PersonLink } from '../../people/person-name.tsx'
import { whoAmI } from '../../people/who-am-i.ts'
import { errorText } from '../../store/error-text.ts'
import { useLive } from '../../store/use-live.ts'
import { TEST_IDS } from '../../test-ids.ts'

type Member = Awaited<ReturnType<Namespace['members']>>[number]
type Role = Member['role']

/** What can be given, in the words of the page. `read` asks for nothing that others may not. */
const ROLES: readonly { readonly role: Role; readonly name: string }[] = [
  { role: 'write', name: 'may write' },
  { role: 'moderate', name: 'may write, and remove what others wrote' },
  { role: 'manage', name: 'may do that, and give and take roles' },
]
/** The id of a person, or the key of somebody who is none. */
const ID = /^(?:bafyrei[a-z2-7]{52}|did:key:z6Mk\w+)$/
/** How long it is looked for somebody who is named, milliseconds. */
const FIND_MS = 5000

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
  const subscribe = useCallback(
    (nudge: () => void) => store.replica.onCommit(({ namespace: id, head }) => (id === namespace.id && head === true ? nudge() : undefined)),
    [store, namespace],
  )
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
  const revoke = (who: string): Promise<boolean> =>
    change(async () => {
      await namespace.revoke(who)
      return 'Taken away. What they wrote until now stands.'
    })
  return (
    <section className="settings-form" data-testid={TEST_IDS.settingsMembers}>
      <h3>Members</h3>
      {members.length === 0 ? <p className="hint">Nobody but the owner writes here yet.</p> : null}
      <ul className="plain-list">
        {members.map((member) => (
          <li
            key={`${member.who} ${member.role} ${member.from} ${member.collection ?? ''}`}
            className="inline-field"
            data-testid={TEST_IDS.member}
            data-who={member.who}
            data-role={member.role}
            data-ended={!holds(member)}
          >
            <span>
              <PersonLink person={member.who} /> <span className="hint">{memberText(member)}</span>
            </span>
            {mayGrant && holds(member) && (isOwner || member.role !== 'manage') ? (
              <button
                type="button"
                className="button-small"
                data-testid={TEST_IDS.memberRevoke}
                aria-label={`Take away: ${memberText(member)}`}
                onClick={() => void revoke(member.who)}
              >
                Take away
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {mayGrant ? <GrantForm store={store} namespace={namespace} isOwner={isOwner} change={change} /> : null}
      <p className={(said?.isError ?? error !== undefined) ? 'error' : 'hint'} role="status" data-testid={TEST_IDS.memberSaid}>
        {said?.text ?? error}
      </p>
    </section>
  )
}

function GrantForm({
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
  const [who, setWho] = useState('')
  const [role, setRole] = useState<Role>('write')
  const listId = useId()
  const load = useCallback(async () => (await store.profiles.list()).filter(({ isMe }) => !isMe), [store])
  const subscribe = useCallback((nudge: () => void) => store.profiles.on('change', nudge), [store])
  const { value: known = [] } = useLive(load, subscribe)
  const grant = async (): Promise<void> => {
    const isDone = await change(async () => {
      const named = who.trim()
      // Somebody may have an id and no profile.
      const person = ID.test(named) ? named : (await store.profiles.show(named, { timeoutMs: FIND_MS })).person
      await namespace.grant(person, role)
      return 'Given. Everybody who has the namespace is told.'
    })
    if (isDone) setWho('')
  }
  return (
    <form
      className="inline-field"
      onSubmit={(event) => {
        event.preventDefault()
        void grant()
      }}
    >
      <input
        aria-label="Name or id of somebody"
        placeholder="@alice, a name, or an id"
        list={listId}
        value={who}
        autoComplete="off"
        data-testid={TEST_IDS.memberWho}
        onChange={(event) => setWho(event.target.value)}
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
        onChange={(event) => setRole(ROLES.find((one) => one.role === event.target.value)?.role ?? 'write')}
      >
        {ROLES.filter((one) => isOwner || one.role !== 'manage').map((one) => (
          <option key={one.role} value={one.role}>
            {one.name}
          </option>
        ))}
      </select>
      <button type="submit" className="button-small" data-testid={TEST_IDS.memberGrant} disabled={who.trim() === ''}>
        Give
      </button>
    </form>
  )
}

function holds({ until, removed }: Member): boolean {
  return removed !== true && (until === undefined || Date.parse(until) > Date.now())
}

function memberText(member: Member): string {
  const name = ROLES.find(({ role }) => role === member.role)?.name ?? 'may read'
  const where = member.collection === undefined ? '' : `, in “${member.collection}”`
  return holds(member) ? `${name}${where}` : `${name}${where} – until ${new Date(member.until ?? member.from).toLocaleString()}`
}

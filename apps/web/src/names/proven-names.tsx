import type { Docstore, NameInfo } from 'p2p-docstore'
import { type ReactNode, useCallback } from 'react'
import { errorText } from '../store/error-text.ts'
import { useLive } from '../store/use-live.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'

/** What the name that somebody says to have turned out to be. */
interface Checked {
  readonly isProven: boolean
  readonly text: string
}

/** The usernames that the network granted to somebody, and the one that they say to have, with what came of checking it. */
export function ProvenNames({
  store,
  person,
  username,
}: {
  readonly store: Docstore
  readonly person: string
  /** What their profile says. */
  readonly username: string | undefined
}): ReactNode {
  const loadNames = useCallback(async () => (await store.names.ofAll([person])).get(person) ?? NONE, [store, person])
  const loadChecked = useCallback(() => check(store, person, username), [store, person, username])
  const { value: names = NONE } = useLive(loadNames, never)
  const { value: checked } = useLive(loadChecked, never)
  return (
    <>
      {names.length === 0 ? null : (
        <p data-testid={TEST_IDS.provenNames}>
          {names.map(({ name }) => `@${name}`).join(', ')} <span className="hint">in this network</span>
        </p>
      )}
      {username === undefined || names.some(({ name }) => name === username) ? null : (
        <p className="hint" data-testid={TEST_IDS.claimedName} data-proven={checked?.isProven}>
          <MarkedText text={username} />: {checked?.text ?? 'being checked…'}
        </p>
      )}
    </>
  )
}

const NONE: readonly NameInfo[] = []
const never = () => (): void => undefined

async function check(store: Docstore, person: string, username: string | undefined): Promise<Checked | undefined> {
  if (username === undefined) return undefined
  const isOfDomain = username.lastIndexOf('@') > 0
  try {
    const found = await store.names.person(isOfDomain ? username : `@${username.replace(/^@/, '')}`)
    if (found !== person) return { isProven: false, text: 'belongs to somebody else. Do not take them for that one' }
    return { isProven: true, text: isOfDomain ? 'their domain says so too' : 'granted by this network' }
  } catch (error) {
    return { isProven: false, text: `not proven. ${errorText(error)}` }
  }
}

import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useCallback, useState } from 'react'
import { DevicesSection } from '../devices/devices-section.tsx'
import { OwnNames } from '../names/own-names.tsx'
import { whoAmI } from '../people/who-am-i.ts'
import { useLive } from '../store/use-live.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Panel } from '../ui/panel.tsx'
import { FindPerson } from './find-person.tsx'
import { OtherProfile } from './other-profile.tsx'
import { OwnProfile } from './own-profile.tsx'
import { PeopleList } from './people-list.tsx'

/** Profiles: one's own to edit, or that of somebody else, and those whom one knows. */
export function ProfilePanel({
  store,
  person,
  onShow,
  onWritten,
  onClose,
}: {
  readonly store: Docstore
  /** Whose; one's own without it. */
  readonly person: string | undefined
  readonly onShow: (person: string | undefined) => void
  readonly onWritten: () => void
  readonly onClose: () => void
}): ReactNode {
  const who = person ?? whoAmI(store)
  const [error, setError] = useState<string>()
  const { value: profile, error: failure } = useProfile(store, who)
  return (
    <Panel
      title={profile?.isMe === false ? 'Profile' : 'Your profile'}
      testId={TEST_IDS.profilePanel}
      closeTestId={TEST_IDS.profileClose}
      onClose={onClose}
    >
      {failure === undefined ? null : <p role="alert">{failure}</p>}
      {profile === undefined ? <p className="hint pad">Loading…</p> : null}
      {profile?.isMe === true ? <OwnProfile key={profile.person} store={store} profile={profile} onWritten={onWritten} /> : null}
      {profile?.isMe === true ? <OwnNames store={store} /> : null}
      {profile?.isMe === true ? <DevicesSection store={store} /> : null}
      {profile?.isMe === false ? (
        <OtherProfile key={profile.person} store={store} profile={profile} onWritten={onWritten} onBack={() => onShow(undefined)} />
      ) : null}
      <FindPerson store={store} error={error} onError={setError} onFound={onShow} />
      <PeopleList store={store} />
    </Panel>
  )
}

function useProfile(store: Docstore, who: string) {
  const load = useCallback(() => store.profiles.show(who), [store, who])
  const subscribe = useCallback((nudge: () => void) => store.profiles.on('change', (people) => people.includes(who) && nudge()), [store, who])
  return useLive(load, subscribe)
}

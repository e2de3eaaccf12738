import type { Docstore, Profile } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { ProvenNames } from '../names/proven-names.tsx'
import { usePerson } from '../people/people-context.ts'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyField } from '../ui/copy-field.tsx'
import { MarkedText } from '../ui/marked-text.tsx'

interface OtherProfileProps {
  readonly store: Docstore
  readonly profile: Profile
  readonly onWritten: () => void
  readonly onBack: () => void
}

/** What somebody says of himself, and what one does about him. All of it is text. */
export function OtherProfile({ store, profile, onWritten, onBack }: OtherProfileProps): ReactNode {
  const { person, label, static: facts, dynamic, isFollowed, isBlocked, hasProfile, at } = profile
  const [petname, setPetname] = useState(profile.petname ?? '')
  const [error, setError] = useState('')
  const { picture } = usePerson(person)
  const act = (work: Promise<unknown>): void => {
    setError('')
    work.then(onWritten, (reason: unknown) => setError(errorText(reason)))
  }
  return (
    <section className="panel-section" data-testid={TEST_IDS.otherProfile} data-person={person} data-followed={isFollowed}>
      <button type="button" className="button-small" onClick={onBack}>
        ← Your profile
      </button>
      <h3 className="profile-head">
        {picture === undefined ? null : <img className="profile-picture" src={picture} alt="" />}
        <MarkedText text={label} />
      </h3>
      {profile.petname === undefined || facts.name === undefined ? null : (
        <p className="hint">
          Calls himself <MarkedText text={facts.name} />
        </p>
      )}
      <ProvenNames store={store} person={person} username={facts.username} />
      {dynamic.status === undefined ? null : (
        <p>
          <MarkedText text={dynamic.status.text} />
        </p>
      )}
      {facts.about === undefined ? null : (
        <p className="profile-about">
          <MarkedText text={facts.about} />
        </p>
      )}
      <ul className="plain-list">
        {Object.entries(dynamic.links).map(([name, link]) => (
          <li key={name}>
            {name}:{' '}
            <a href={link} target="_blank" rel="noreferrer noopener nofollow">
              {link}
            </a>
          </li>
        ))}
      </ul>
      {hasProfile ? null : <p className="hint">{at === undefined ? 'Nobody could be asked for it yet.' : 'Has no profile that a relay knows.'}</p>}
      <div className="profile-actions">
        <button
          type="button"
          className="button-small"
          data-testid={TEST_IDS.profileFollow}
          onClick={() => act(isFollowed ? store.profiles.unfollow(person) : store.profiles.follow(person))}
        >
          {isFollowed ? 'Unfollow' : 'Follow'}
        </button>
        <button type="button" className="button-small" onClick={() => act(isBlocked ? store.profiles.unblock(person) : store.profiles.block(person))}>
          {isBlocked ? 'Unblock' : 'Block'}
        </button>
      </div>
      <form
        className="inline-field"
        onSubmit={(event) => {
          event.preventDefault()
          act(store.profiles.petname(person, petname.trim() === '' ? null : petname.trim()))
        }}
      >
        <input
          aria-label="Your name for this person"
          placeholder="Your name for this person"
          value={petname}
          maxLength={64}
          autoComplete="off"
          data-testid={TEST_IDS.profilePetname}
          onChange={(event) => setPetname(event.target.value)}
        />
        <button type="submit" data-testid={TEST_IDS.profilePetnameSave}>
          Call so
        </button>
      </form>
      {error === '' ? null : <p role="alert">{error}</p>}
      <CopyField label="Id of this person" value={person} testId={TEST_IDS.profileIdentity} copyTestId={TEST_IDS.profileIdentityCopy} shorten />
    </section>
  )
}

import type { Docstore, Profile } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useState } from 'react'
import { usePerson } from '../people/people-context.ts'
import { errorText } from '../store/error-text.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyField } from '../ui/copy-field.tsx'
import { smallPicture } from './small-picture.ts'

interface OwnProfileProps {
  readonly store: Docstore
  readonly profile: Profile
  readonly onWritten: () => void
}

/** What one says of oneself, to be changed. Only what was changed is written, so that another device's changes stay. */
export function OwnProfile({ store, profile, onWritten }: OwnProfileProps): ReactNode {
  const { name = '', about = '', username = '' } = profile.static
  const before = { name, about, username, status: profile.dynamic.status?.text ?? '' }
  const [draft, setDraft] = useState<Partial<typeof before>>({})
  const [said, setSaid] = useState('')
  const { picture } = usePerson(profile.person)
  const shown = { ...before, ...draft }
  const write = async (work: () => Promise<unknown>): Promise<void> => {
    setSaid('')
    try {
      await work()
      onWritten()
      setSaid('Saved.')
    } catch (error) {
      setSaid(errorText(error))
    }
  }
  const save = (event: FormEvent): void => {
    event.preventDefault()
    void write(async () => {
      for (const field of FIELDS) {
        const text = draft[field]?.trim()
        if (text !== undefined && text !== before[field]) await store.profiles.set(field, text === '' ? null : text)
      }
      setDraft({})
    })
  }
  const putPicture = (file: File | undefined): void => {
    if (file !== undefined) void write(async () => store.profiles.set('picture', await smallPicture(file)))
  }
  return (
    <form className="panel-section profile-form" data-testid={TEST_IDS.profileForm} onSubmit={save}>
      <p className="hint">Everyone in this network can read it, and whom you follow, block and give a name, too.</p>
      <Field label="Name" value={shown.name} testId={TEST_IDS.profileName} maxLength={64} onChange={(name) => setDraft({ ...draft, name })} />
      <Field label="About" value={shown.about} testId={TEST_IDS.profileAbout} maxLength={1024} onChange={(about) => setDraft({ ...draft, about })} />
      <Field
        label="Status"
        value={shown.status}
        testId={TEST_IDS.profileStatus}
        maxLength={280}
        onChange={(status) => setDraft({ ...draft, status })}
      />
      <Field
        label="Name of a domain, such as alice@example.org, whose web server says so too"
        value={shown.username}
        testId={TEST_IDS.profileUsername}
        maxLength={288}
        onChange={(username) => setDraft({ ...draft, username })}
      />
      <div className="profile-picture-row">
        {picture === undefined ? null : <img className="profile-picture" src={picture} alt="Your picture" data-testid={TEST_IDS.profilePicture} />}
        <label className="field profile-file">
          <span>Picture</span>
          <input
            type="file"
            accept="image/*"
            data-testid={TEST_IDS.profilePictureInput}
            onChange={(event) => {
              putPicture(event.target.files?.[0])
              event.target.value = ''
            }}
          />
        </label>
        {profile.static.picture === undefined ? null : (
          <button type="button" className="button-small" onClick={() => void write(() => store.profiles.set('picture', null))}>
            Remove it
          </button>
        )}
      </div>
      <div className="field">
        <span>Your id, for whoever gives you a role or follows you</span>
        <CopyField label="Your id" value={profile.person} testId={TEST_IDS.ownId} copyTestId={TEST_IDS.ownIdCopy} shorten />
      </div>
      <div className="profile-actions">
        <button type="submit" className="button-primary" data-testid={TEST_IDS.profileSave} disabled={Object.keys(draft).length === 0}>
          Save
        </button>
        <span role="status" data-testid={TEST_IDS.profileSaid}>
          {said}
        </span>
      </div>
    </form>
  )
}

const FIELDS = ['name', 'about', 'username', 'status'] as const

function Field({
  label,
  value,
  testId,
  maxLength,
  onChange,
}: {
  readonly label: string
  readonly value: string
  readonly testId: string
  readonly maxLength: number
  readonly onChange: (value: string) => void
}): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <input value={value} data-testid={testId} maxLength={maxLength} autoComplete="off" onChange={(event) => onChange(event.target.value)} />
    </label>
  )
}

import type { Docstore, Namespace, NamespaceInfo } from 'p2p-docstore'
import { whoAmI } from '../../people/who-am-i.ts'
import type { ReactNode } from 'react'
import { TEST_IDS } from '../../test-ids.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { FactsForm } from './facts-form.tsx'
import { MembersSection } from './members-section.tsx'
import { PastChanges } from './past-changes.tsx'
import { RulesForm } from './rules-form.tsx'
import { fieldsWith, isChanged, type SettingsDraft, settingsOf } from './settings-draft.ts'

/** What the owner of a namespace can change of it, and the rules of its collections, which all may read. What was typed stays when it is closed. */
export function SettingsDialog({
  store,
  namespace,
  info,
  draft,
  onDraft,
  onWritten,
  onClose,
}: {
  readonly store: Docstore
  readonly namespace: Namespace
  readonly info: NamespaceInfo
  /** What was typed before and not saved. */
  readonly draft: SettingsDraft
  readonly onDraft: (draft: SettingsDraft) => void
  readonly onWritten: () => void
  readonly onClose: () => void
}): ReactNode {
  const isOwner = info.owner === whoAmI(store)
  const begin = settingsOf(info)
  const fields = fieldsWith(begin, draft)
  const change = (part: SettingsDraft): void => onDraft({ ...draft, ...part })
  return (
    <Dialog
      title={isOwner ? 'Settings of this namespace' : info.write === 'members' ? 'Members and rules of this namespace' : 'Rules of this namespace'}
      testId={TEST_IDS.settings}
      closeTestId={TEST_IDS.settingsClose}
      onClose={onClose}
    >
      {isChanged(begin, draft) ? (
        <p className="notice" role="status">
          What you changed is not saved.
          <button type="button" className="button-small" data-testid={TEST_IDS.settingsDiscard} onClick={() => onDraft({})}>
            Discard it
          </button>
        </p>
      ) : null}
      {isOwner ? <FactsForm namespace={namespace} begin={begin} fields={fields} onChange={change} onWritten={onWritten} /> : null}
      {info.write === 'members' ? <MembersSection store={store} namespace={namespace} isOwner={isOwner} /> : null}
      <RulesForm namespace={namespace} begin={begin} fields={fields} isOwner={isOwner} onChange={change} onWritten={onWritten} onLeave={onClose} />
      <PastChanges store={store} namespace={namespace} />
    </Dialog>
  )
}

import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useRef, useState } from 'react'
import { useIdentities } from '../people/use-identities.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Panel } from '../ui/panel.tsx'
import { TopicView } from './topic-view.tsx'
import type { Messages } from './use-messages.ts'

/** Topics to listen to and to speak in. Messages reach who is there now; nothing of them is stored. */
export function MessagesPanel({
  store,
  messages,
  onClose,
}: {
  readonly store: Docstore
  readonly messages: Messages
  readonly onClose: () => void
}): ReactNode {
  const identities = useIdentities(store)
  const { topics, selected, select, join } = messages
  const [name, setName] = useState('')
  const input = useRef<HTMLInputElement>(null)
  return (
    <Panel title="Messages" testId={TEST_IDS.messagesPanel} closeTestId={TEST_IDS.messagesClose} onClose={onClose}>
      <form
        className="panel-section"
        data-testid={TEST_IDS.topicForm}
        onSubmit={(event) => {
          event.preventDefault()
          if (name.trim() === '') return
          join(name.trim())
          setName('')
        }}
      >
        <label className="field">
          <span>Listen to a topic</span>
          <span className="inline-field">
            <input
              ref={input}
              data-testid={TEST_IDS.topicInput}
              value={name}
              maxLength={128}
              placeholder="such as chat"
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
            <button type="submit" data-testid={TEST_IDS.topicSubmit} disabled={name.trim() === ''}>
              Join
            </button>
          </span>
        </label>
      </form>
      {topics.length === 0 ? <p className="hint pad">Messages reach everyone who listens to the same topic right now. They are not stored.</p> : null}
      {topics.length < 2 ? null : (
        <div className="tabs" role="group" aria-label="Topics">
          {topics.map((topic) => (
            <button
              key={topic}
              type="button"
              data-testid={TEST_IDS.topicTab}
              data-topic={topic}
              aria-current={topic === selected ? 'true' : undefined}
              onClick={() => select(topic)}
            >
              {topic}
            </button>
          ))}
        </div>
      )}
      {selected === undefined ? null : (
        <TopicView key={selected} store={store} topic={selected} messages={messages} identities={identities} onLeft={() => input.current?.focus()} />
      )}
    </Panel>
  )
}

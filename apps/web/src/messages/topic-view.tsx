import type { Docstore } from 'p2p-docstore'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { WhoIsHere } from '../later.ts'
import { usePerson } from '../people/people-context.ts'
import { PersonLink } from '../people/person-name.tsx'
import { TEST_IDS } from '../test-ids.ts'
import { Later } from '../ui/later.tsx'
import { MarkedText } from '../ui/marked-text.tsx'
import { shortPeer } from '../ui/short-names.ts'
import type { ShownMessage } from './topics-state.ts'
import type { Messages } from './use-messages.ts'

/** Longest place in which somebody can be, UTF-16 code units: topics can be longer. */
const MAX_PLACE = 119

/** One topic: what came in, and a field to answer. `onLeft` finds another place for the focus, since all this goes. */
export function TopicView({
  store,
  topic,
  messages,
  identities,
  onLeft,
}: {
  readonly store: Docstore
  readonly topic: string
  readonly messages: Messages
  /** Who runs which peer, of those that say so. */
  readonly identities: ReadonlyMap<string, string>
  readonly onLeft: () => void
}): ReactNode {
  const [text, setText] = useState('')
  const log = useRef<HTMLDivElement>(null)
  const shown = messages.messages.filter((message) => message.topic === topic)
  useEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight
  }, [shown.length])
  return (
    <section className="topic" aria-label={`Topic ${topic}`}>
      <div className="section-head">
        <h3>{topic}</h3>
        <button
          type="button"
          className="button-small"
          data-testid={TEST_IDS.topicLeave}
          onClick={() => {
            messages.leave(topic)
            onLeft()
          }}
        >
          Leave
        </button>
      </div>
      {topic.length > MAX_PLACE ? null : (
        <Later>
          <WhoIsHere store={store} place={topic} />
        </Later>
      )}
      <div ref={log} className="message-log" role="log" aria-label="Messages" tabIndex={0} data-testid={TEST_IDS.messageList} data-topic={topic}>
        {shown.length === 0 ? <p className="hint">Nothing said yet.</p> : null}
        <ol className="plain-list">
          {shown.map((message) => (
            <MessageItem key={message.id} message={message} identity={identities.get(message.from)} />
          ))}
        </ol>
      </div>
      <form
        className="inline-field"
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() === '') return
          messages.send(topic, text)
          setText('')
        }}
      >
        <input
          data-testid={TEST_IDS.messageInput}
          aria-label="Message"
          value={text}
          placeholder="Message"
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button-primary" data-testid={TEST_IDS.messageSend} disabled={text.trim() === ''}>
          Send
        </button>
      </form>
    </section>
  )
}

function MessageItem({ message, identity }: { readonly message: ShownMessage; readonly identity: string | undefined }): ReactNode {
  const { from, at, text, note } = message
  const isOwn = from === 'you'
  return (
    <li className={isOwn ? 'message message-own' : 'message'} data-testid={TEST_IDS.message} data-from={from}>
      <span className="message-head">
        {identity === undefined ? (
          <strong title={isOwn ? undefined : from}>{isOwn ? 'you' : shortPeer(from)}</strong>
        ) : (
          <PersonLink person={identity} />
        )}
        <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time>
      </span>
      <span className="message-text">{identity === undefined ? <MarkedText text={text} /> : <TextOf person={identity} text={text} />}</span>
      {note === '' ? null : <span className="hint">{note}</span>}
    </li>
  )
}

/** What somebody said, unless he is blocked. */
function TextOf({ person, text }: { readonly person: string; readonly text: string }): ReactNode {
  const { known } = usePerson(person)
  return known?.isBlocked === true ? <span className="hint">You blocked who said this.</span> : <MarkedText text={text} />
}

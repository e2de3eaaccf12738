import { type ReactNode, useEffect, useRef, useState } from 'react'
import { TEST_IDS } from '../test-ids.ts'
import { shortPeer } from '../ui/short-names.ts'
import type { ShownMessage } from './topics-state.ts'
import type { Messages } from './use-messages.ts'

/** One topic: what came in, and a field to answer. */
export function TopicView({ topic, messages }: { readonly topic: string; readonly messages: Messages }): ReactNode {
  const [text, setText] = useState('')
  const log = useRef<HTMLOListElement>(null)
  const shown = messages.messages.filter((message) => message.topic === topic)
  useEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight
  }, [shown.length])
  return (
    <section className="topic" aria-label={`Topic ${topic}`}>
      <div className="section-head">
        <h3>{topic}</h3>
        <button type="button" className="button-small" data-testid={TEST_IDS.topicLeave} onClick={() => messages.leave(topic)}>
          Leave
        </button>
      </div>
      <ol ref={log} className="plain-list message-log" role="log" aria-live="polite" data-testid={TEST_IDS.messageList} data-topic={topic}>
        {shown.map((message) => (
          <MessageItem key={message.id} message={message} />
        ))}
        {shown.length === 0 ? <li className="hint">Nothing said yet.</li> : null}
      </ol>
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

function MessageItem({ message }: { readonly message: ShownMessage }): ReactNode {
  const { from, at, text, note } = message
  const isOwn = from === 'you'
  return (
    <li className={isOwn ? 'message message-own' : 'message'} data-testid={TEST_IDS.message} data-from={from}>
      <span className="message-head">
        <strong title={isOwn ? undefined : from}>{isOwn ? 'you' : shortPeer(from)}</strong>
        <time dateTime={new Date(at).toISOString()}>{new Date(at).toLocaleTimeString()}</time>
      </span>
      <span className="message-text">{text}</span>
      {note === '' ? null : <span className="hint">{note}</span>}
    </li>
  )
}

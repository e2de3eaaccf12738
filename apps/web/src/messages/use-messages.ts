import type { Docstore } from 'p2p-docstore'
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react'
import { errorText } from '../store/error-text.ts'
import { rememberedTopics, rememberTopics } from '../store/remembered.ts'
import { type ShownMessage, topicsReducer, type TopicsState } from './topics-state.ts'

/** Topics that are listened to, and what came in. */
export interface Messages extends TopicsState {
  readonly unread: number
  readonly select: (topic: string) => void
  readonly join: (topic: string) => void
  readonly leave: (topic: string) => void
  readonly send: (topic: string, text: string) => void
}

let lastId = 0

/** Names a message within the page. */
function nextId(): string {
  lastId++
  return `m${lastId}`
}

/** Listens to the remembered topics for as long as the page is open, whether their panel is or not. */
export function useMessages(store: Docstore, isShown: boolean): Messages {
  const network = store.info.network.id
  const [state, dispatch] = useReducer(topicsReducer, undefined, (): TopicsState => {
    const topics = rememberedTopics(network)
    return { topics, selected: topics[0], messages: [] }
  })
  const [seen, setSeen] = useState(0)
  const arrived = state.messages.filter(({ from }) => from !== 'you').length
  if (isShown && seen !== arrived) setSeen(arrived)
  useEffect(() => rememberTopics(network, state.topics), [network, state.topics])
  const onMessage = useCallback((message: ShownMessage) => dispatch({ kind: 'message', message }), [])
  useSubscriptions(store, state.topics, onMessage)
  const actions = useMemo(
    () => ({
      select: (topic: string) => dispatch({ kind: 'select', topic }),
      join: (topic: string) => dispatch({ kind: 'join', topic }),
      leave: (topic: string) => dispatch({ kind: 'leave', topic }),
      send: (topic: string, text: string) => {
        const id = nextId()
        dispatch({ kind: 'message', message: { id, topic, from: 'you', text, at: Date.now(), note: 'sending…' } })
        store.publish(topic, text).then(
          ({ recipients }) => dispatch({ kind: 'note', id, note: recipients === 0 ? 'nobody is connected to hear it' : '' }),
          (error: unknown) => dispatch({ kind: 'note', id, note: errorText(error) }),
        )
      },
    }),
    [store],
  )
  return { ...state, ...actions, unread: isShown ? 0 : Math.max(0, arrived - seen) }
}

function useSubscriptions(store: Docstore, topics: readonly string[], onMessage: (message: ShownMessage) => void): void {
  const running = useRef(new Map<string, AbortController>())
  useEffect(() => {
    const controllers = running.current
    for (const [topic, controller] of controllers) {
      if (topics.includes(topic)) continue
      controller.abort()
      controllers.delete(topic)
    }
    for (const topic of topics) {
      if (controllers.has(topic)) continue
      const controller = new AbortController()
      controllers.set(topic, controller)
      void listen(store, topic, controller.signal, onMessage)
    }
  }, [store, topics, onMessage])
  useEffect(() => {
    const controllers = running.current
    return () => {
      for (const controller of controllers.values()) controller.abort()
      controllers.clear()
    }
  }, [])
}

async function listen(store: Docstore, topic: string, signal: AbortSignal, onMessage: (message: ShownMessage) => void): Promise<void> {
  try {
    for await (const { from, text, at } of store.subscribe(topic, { signal })) onMessage({ id: nextId(), topic, from, text, at, note: '' })
  } catch (error) {
    onMessage({ id: nextId(), topic, from: 'you', text: '', at: Date.now(), note: errorText(error) })
  }
}

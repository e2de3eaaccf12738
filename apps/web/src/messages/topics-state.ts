/** A message as the panel shows it. */
export interface ShownMessage {
  readonly id: string
  readonly topic: string
  /** Peer id of the sender, or `you`. */
  readonly from: string
  readonly text: string
  /** Unix milliseconds. */
  readonly at: number
  /** What is to be said about it, such as that it is being sent. */
  readonly note: string
}

/** The topics of the panel and their messages, oldest first. */
export interface TopicsState {
  readonly topics: readonly string[]
  readonly selected: string | undefined
  readonly messages: readonly ShownMessage[]
}

/** What can happen to the topics. */
export type TopicsEvent =
  | { readonly kind: 'join' | 'leave' | 'select'; readonly topic: string }
  | { readonly kind: 'message'; readonly message: ShownMessage }
  | { readonly kind: 'note'; readonly id: string; readonly note: string }

/** Messages that are kept; nothing of them is stored. */
const MAX_MESSAGES = 500

/** The topics after an event. */
export function topicsReducer(state: TopicsState, event: TopicsEvent): TopicsState {
  switch (event.kind) {
    case 'join':
      return { ...state, topics: state.topics.includes(event.topic) ? state.topics : [...state.topics, event.topic], selected: event.topic }
    case 'leave': {
      const topics = state.topics.filter((topic) => topic !== event.topic)
      return {
        topics,
        selected: state.selected === event.topic ? topics[0] : state.selected,
        messages: state.messages.filter(({ topic }) => topic !== event.topic),
      }
    }
    case 'select':
      return { ...state, selected: event.topic }
    case 'message':
      return { ...state, messages: [...state.messages, event.message].slice(-MAX_MESSAGES) }
    case 'note':
      return { ...state, messages: state.messages.map((message) => (message.id === event.id ? { ...message, note: event.note } : message)) }
  }
}

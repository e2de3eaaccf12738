import type { Message, Network } from '../network/types.ts'
import { Feed } from './reading/feed.ts'
import { Queue } from './queue.ts'
import { orAborted } from './signal.ts'

/**
 * Messages of a topic, from the call on. They wait in a bounded queue, since nothing else keeps them: a reader that is 1,000 behind loses
 * the oldest.
 */
export function subscriptionTo(
  network: Network,
  { topic, isOwn, signal }: { topic: string; isOwn: (message: Message) => boolean; signal: AbortSignal },
): AsyncGenerator<Message, void, undefined> {
  return new Feed<Message>(signal, (signal) => {
    const messages = new Queue<Message>(signal)
    const unlisten = network.on('message', (message) => message.topic === topic && !isOwn(message) && messages.push(message))
    const subscribed = signal.aborted ? Promise.resolve() : network.subscribe(topic)
    // Whoever reads hears of a failure.
    subscribed.catch(() => undefined)
    let ended: Promise<void> | undefined
    const end = (): Promise<void> => {
      unlisten()
      // Where the network ends too, so does the subscription.
      ended ??= subscribed.then(() => network.unsubscribe(topic)).catch(() => undefined)
      return ended
    }
    if (signal.aborted) unlisten()
    else signal.addEventListener('abort', () => void end(), { once: true })
    return read(messages, { subscribed, end, signal })
  })
}

async function* read(
  messages: Queue<Message>,
  { subscribed, end, signal }: { subscribed: Promise<void>; end: () => Promise<void>; signal: AbortSignal },
): AsyncGenerator<Message, void, undefined> {
  if (signal.aborted) return
  try {
    await orAborted(subscribed, signal)
    yield* messages
  } finally {
    await end()
  }
}

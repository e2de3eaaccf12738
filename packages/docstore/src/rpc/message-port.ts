import type { Port } from './rpc.ts'

/** Anything that posts and receives structured clones: a worker, the inside of one, a MessagePort. */
interface MessageEnd {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** A port on a worker or a message channel. `onEnd` ends the other side. */
export function messagePort(end: MessageEnd, { onEnd = () => undefined }: { onEnd?: () => void } = {}): Port {
  const closeListeners: (() => void)[] = []
  return {
    post: (message) => end.postMessage(message),
    onMessage: (listener) => end.addEventListener('message', (event) => listener(event.data)),
    onClose: (listener) => void closeListeners.push(listener),
    close: () => {
      onEnd()
      for (const listener of closeListeners) listener()
    },
  }
}

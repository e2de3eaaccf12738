import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { SilenceWatch } from './silence-watch.ts'

/** A two-way line to another thread, tab or process. Messages are structured clones. */
export interface Port {
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once when the line is closed or the other side is gone. */
  onClose(listener: () => void): void
  close(): void
}

type RpcMessage =
  | { readonly kind: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[]; readonly hasSignal: boolean }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failure'
      readonly id: number
      readonly code: string
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'event'; readonly name: string; readonly payload: unknown }

/** Calls under way on one line. Ours are made by code of ours; the bound keeps a bug from filling the memory. */
const MAX_CALLS = 100_000

/** What a line offers to the other side: named methods, and events that it sends by itself. */
export interface Service {
  call(method: string, args: readonly unknown[]): Promise<unknown>
  /** Starts the flow of events; returns a function that ends it. */
  events(emit: (name: string, payload: unknown) => void): () => void
}

/** Answers calls that arrive on a port until it closes. Both ends are ours and trusted. */
export function serve(port: Port, service: Service): void {
  const running = new Map<number, AbortController>()
  const unsubscribe = service.events((name, payload) => port.post({ kind: 'event', name, payload } satisfies RpcMessage))
  port.onClose(() => {
    unsubscribe()
    for (const controller of running.values()) controller.abort(new DocstoreError('caller-gone', 'The caller went away'))
  })
  port.onMessage((data) => {
    const message = data as RpcMessage
    if (message.kind === 'cancel') running.get(message.id)?.abort(new DocstoreError('aborted', 'The caller gave up'))
    if (message.kind === 'call') void answer(message)
  })

  async function answer({ id, method, args, hasSignal }: Extract<RpcMessage, { kind: 'call' }>): Promise<void> {
    const controller = new AbortController()
    running.set(id, controller)
    try {
      const last = args.at(-1)
      const withSignal = hasSignal ? [...args.slice(0, -1), { ...(typeof last === 'object' ? last : {}), signal: controller.signal }] : args
      port.post({ kind: 'result', id, value: await service.call(method, withSignal) } satisfies RpcMessage)
    } catch (error) {
      const details = error instanceof DocstoreError ? error.details : {}
      port.post({ kind: 'failure', id, code: errorCode(error), message: errorMessage(error), details } satisfies RpcMessage)
    } finally {
      running.delete(id)
    }
  }
}

/** What to say of the other side after so many milliseconds without a sign of life; nothing while that may be work. */
export type SilenceVerdict = (silentMs: number) => DocstoreError | undefined

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** The calling end of a line. */
export class RpcClient {
  readonly #port: Port
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<(name: string, payload: unknown) => void>()
  readonly #closeListeners = new Set<() => void>()
  #silence: SilenceWatch | undefined
  #isPinging = false
  #nextId = 1
  #isClosed = false

  constructor(port: Port) {
    this.#port = port
    port.onMessage((data) => this.#receive(data as RpcMessage))
    port.onClose(() => this.#closed())
  }

  /** Calls a method of the other side. A `signal` in the last argument travels as a cancellation. */
  call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(gone())
    if (this.#waiting.size >= MAX_CALLS) return Promise.reject(new DocstoreError('too-many-calls', `More than ${MAX_CALLS} calls are under way`))
    const id = this.#nextId++
    const { signal, plain } = takeSignal(args)
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason)
        return
      }
      const abort = (): void => {
        this.#waiting.delete(id)
        this.#port.post({ kind: 'cancel', id } satisfies RpcMessage)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', abort, { once: true })
      const done = (): void => signal?.removeEventListener('abort', abort)
      this.#waiting.set(id, {
        resolve: (value) => (done(), resolve(value)),
        reject: (error) => (done(), reject(error)),
      })
      this.#silence?.waiting()
      try {
        this.#port.post({ kind: 'call', id, method, args: plain, hasSignal: signal !== undefined } satisfies RpcMessage)
      } catch (cause) {
        this.#waiting.delete(id)
        done()
        reject(
          new DocstoreError('bad-argument', `An argument of ${method} cannot be sent to where the data lies (${errorMessage(cause)})`, { cause }),
        )
      }
    })
  }

  /** From now on, calls end with an error when the other side gives no sign of life; `verdict` decides when and with which. */
  watchSilence(verdict: SilenceVerdict): void {
    this.#silence = new SilenceWatch({
      isWaiting: () => this.#waiting.size > (this.#isPinging ? 1 : 0),
      ping: () => this.#ping(),
      verdict,
      onSilent: (error) => {
        const waiting = [...this.#waiting.values()]
        this.#waiting.clear()
        for (const { reject } of waiting) reject(error)
      },
    })
  }

  /** Any answer will do, also one of an owner of an earlier version. */
  #ping(): void {
    if (this.#isPinging) return
    this.#isPinging = true
    const settle = (): void => {
      this.#isPinging = false
    }
    this.call('has-network', []).then(settle, settle)
  }

  onEvent(listener: (name: string, payload: unknown) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls back once when the other side is gone, at once if it is already. */
  onClose(listener: () => void): void {
    if (this.#isClosed) listener()
    else this.#closeListeners.add(listener)
  }

  close(): void {
    this.#port.close()
    this.#closed()
  }

  #receive(message: RpcMessage): void {
    this.#silence?.heard()
    if (message.kind === 'event') for (const listener of this.#listeners) listener(message.name, message.payload)
    if (message.kind !== 'result' && message.kind !== 'failure') return
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.kind === 'result') waiting?.resolve(message.value)
    else waiting?.reject(DocstoreError.passedOn(message.code, message.message, { details: message.details }))
  }

  #closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#silence?.stop()
    for (const { reject } of this.#waiting.values()) reject(gone())
    this.#waiting.clear()
    for (const listener of this.#closeListeners) listener()
  }
}

function gone(): DocstoreError {
  return new DocstoreError('owner-gone', 'The program or tab that holds the data is gone. Try again')
}

function takeSignal(args: readonly unknown[]): { signal: AbortSignal | undefined; plain: readonly unknown[] } {
  const last = args.at(-1)
  if (typeof last !== 'object' || last === null || !('signal' in last)) return { signal: undefined, plain: args }
  const { signal: _signal, ...rest } = last
  return { signal: signalOf(args), plain: [...args.slice(0, -1), rest] }
}

/** The signal in the last argument of a call, where there is one. */
export function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  const last = args.at(-1)
  return typeof last === 'object' && last !== null && 'signal' in last && last.signal instanceof AbortSignal ? last.signal : undefined
}

/** The methods of an object that may be called from the other side, by name. */
export function methodsOf<T extends object>(target: T, names: readonly (keyof T & string)[]): Service['call'] {
  const allowed = new Map<string, keyof T & string>(names.map((name) => [name, name]))
  return async (method, args) => {
    const name = allowed.get(method)
    if (name === undefined) throw new DocstoreError('no-method', `There is no method ${method}`)
    return callMethod(target, name, args)
  }
}

/** Calls a method whose name is known only now. */
export function callMethod<T extends object>(target: T, name: keyof T & string, args: readonly unknown[]): Promise<unknown> {
  const member: unknown = target[name]
  if (typeof member !== 'function') throw new DocstoreError('no-method', `There is no method ${name}`)
  // Not awaited here: every read of the owner goes through this line.
  return member.apply(target, args) as Promise<unknown>
}

/** An object whose methods are all handed to one function. */
export function forwardMethods<T extends object, K extends keyof T & string>(
  names: readonly K[],
  call: (name: K, args: readonly unknown[]) => Promise<unknown>,
): Pick<T, K> {
  // The one place where names become methods: the list is checked against the interface by its type.
  return Object.fromEntries(names.map((name) => [name, (...args: readonly unknown[]) => call(name, args)])) as unknown as Pick<T, K>
}

/** An object whose methods call the other side. */
export function remoteMethods<T extends object, K extends keyof T & string>(client: RpcClient, names: readonly K[], prefix = ''): Pick<T, K> {
  return forwardMethods(names, (name, args) => client.call(prefix + name, args))
}

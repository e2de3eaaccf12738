import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import type { FastifyInstance } from 'fastify'
import type { Docstore } from 'p2p-docstore'
import type { Log } from '../log.ts'
import type { Metric } from '../metrics.ts'
import type { SettingValues } from '../settings/setting.ts'
import type { RunningService, Service, ServiceContext, ServiceHealth } from './service.ts'

/** How long a service may take to end, and to tell of itself, milliseconds. */
const STOP_MS = 5000
const TELL_MS = 2000

/** What services run on. */
export interface RunningServicesInit {
  readonly services: readonly Service[]
  readonly settings: Readonly<Record<string, SettingValues>>
  readonly store: Docstore
  readonly http: FastifyInstance
  readonly origin: string | undefined
  readonly onTextSocket: ServiceContext['onTextSocket']
  readonly log: Log
}

/** The services of a relay. One that fails to tell of itself keeps none of the others from it. */
export class RunningServices {
  readonly #log: Log
  readonly #ended = new AbortController()
  readonly #running = new Map<string, RunningService>()

  private constructor(log: Log) {
    this.#log = log
  }

  /** Starts them in order. Throws `service-failed` where one does not, with those stopped that did. */
  static async start({ services, settings, store, http, origin, onTextSocket, log }: RunningServicesInit): Promise<RunningServices> {
    const all = new RunningServices(log)
    for (const service of services) {
      const { name } = service
      try {
        // A scope of the web server for each, so that what one adds is not for the others.
        await http.register(async (scope) => {
          const signal = all.#ended.signal
          const running = await service.start?.({ store, http: scope, settings: settings[name] ?? {}, origin, onTextSocket, log, signal })
          all.#running.set(name, running ?? {})
        })
        log.info({ service: name }, 'service-started')
      } catch (cause) {
        await all.stop()
        if (cause instanceof DocstoreError) throw cause
        throw new DocstoreError('service-failed', `The service ${name} does not start: ${errorMessage(cause)}`, { cause })
      }
    }
    return all
  }

  /** How each of them is. */
  async health(): Promise<Readonly<Record<string, ServiceHealth>>> {
    const told = await this.#tell((running) => running.health?.() ?? { ok: true })
    return Object.fromEntries([...told].map(([name, health]) => [name, health ?? { ok: false, fault: 'no-answer' }]))
  }

  async metrics(): Promise<readonly Metric[]> {
    const told = await this.#tell((running) => running.metrics?.() ?? [])
    return [...told.values()].flatMap((metrics) => metrics ?? [])
  }

  async stop(): Promise<void> {
    this.#ended.abort()
    const stopping = [...this.#running].toReversed().map(async ([name, running]) => {
      try {
        await within(STOP_MS, async () => running.stop?.())
      } catch (error) {
        this.#log.error({ service: name, reason: errorMessage(error) }, 'service-not-stopped')
      }
    })
    await Promise.all(stopping)
  }

  async #tell<T>(ask: (running: RunningService) => T | Promise<T>): Promise<ReadonlyMap<string, T | undefined>> {
    const told = [...this.#running].map(async ([name, running]) => {
      try {
        return [name, await within(TELL_MS, async () => ask(running))] as const
      } catch (error) {
        this.#log.warn({ service: name, reason: errorMessage(error) }, 'service-does-not-tell')
        return [name, undefined] as const
      }
    })
    return new Map(await Promise.all(told))
  }
}

/** The result of some work, unless that takes longer. */
async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new DocstoreError('timeout', `It takes more than ${ms / 1000} seconds`)), ms)
  try {
    return await Promise.race([work(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

import type { Network } from '@p2p-docstore/core'
import type { Docstore, DocstoreOptions } from 'p2p-docstore'
import type { Log } from '../log.ts'
import type { Metric } from '../metrics.ts'
import type { Settings, SettingValues } from '../settings/setting.ts'
import type { AcceptText } from '../text-socket.ts'

/** Something that a relay does for others. What comes with it and what a module brings (`--service ./mine.js`) have this one shape. */
export interface Service<Http = ServiceHttp> {
  /** Its name in the relay's descriptor, in `--services`, and of its section in a file of settings: `[a-z][a-z0-9-]*`, 32 at most. */
  readonly name: string
  /** What it does, in one line. */
  readonly about: string
  /** Services that have to run too. */
  readonly needs?: readonly string[]
  /** Whether it runs only where it is named. */
  readonly isOnlyNamed?: boolean
  readonly settings?: Settings
  /** Whether it can be offered in a network; where it cannot, it is left out. */
  fits?(network: Network['descriptor']): boolean
  /** How much of it there is, told to everybody in the relay's descriptor; named as services are. */
  limits?(settings: SettingValues): Readonly<Record<string, number>>
  /** What its part of the store is opened with. */
  open?(settings: SettingValues, context: { readonly log: Log }): Pick<DocstoreOptions, 'storage' | 'maxBytes' | 'limits'>
  /** Begins. What it throws keeps the relay from starting. */
  start?(context: ServiceContext<Http>): RunningService | undefined | Promise<RunningService | undefined>
}

/** What a service works with. */
export interface ServiceContext<Http = ServiceHttp> {
  readonly store: Docstore
  /** Its part of the web server, for routes; hooks and error handlers that it adds are for its routes alone. */
  readonly http: Http
  readonly settings: SettingValues
  /** Origin under which others reach the page's port, where that is known. */
  readonly origin?: string | undefined
  /** Takes over all WebSockets of the page's port whose messages are text; one service of a relay can. */
  readonly onTextSocket: (accept: AcceptText) => void
  readonly log: Log
  /** Aborts when the relay ends. */
  readonly signal: AbortSignal
}

/** A part of the relay's web server, which is Fastify's: this much of it stays as it is. */
export interface ServiceHttp {
  get(path: string, handler: ServiceHandler): unknown
  post(path: string, handler: ServiceHandler): unknown
}

/** Answers a request: with what it resolves with, as JSON where that is an object. */
export type ServiceHandler = (request: ServiceRequest, reply: ServiceReply) => unknown

/** What is asked over HTTP. */
export interface ServiceRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Parameters of the path, what stands behind `?`, and the body where there is one, of 1,024 bytes at most. */
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
}

/** How a request is answered. */
export interface ServiceReply {
  status(code: number): unknown
  header(name: string, value: string): unknown
}

/** A service that runs. */
export interface RunningService {
  /** For Prometheus; names begin with `docstore_` and the name of the service, those of counters end with `_total`. */
  metrics?(): readonly Metric[] | Promise<readonly Metric[]>
  /** Whether it can do its work, with whatever else is worth knowing. */
  health?(): ServiceHealth | Promise<ServiceHealth>
  /** Ends it, within five seconds. */
  stop?(): void | Promise<void>
}

/** How a service is. */
export interface ServiceHealth {
  readonly ok: boolean
  readonly [fact: string]: string | number | boolean | undefined
}

/// <reference types="node" />
import type { MessagePort } from 'node:worker_threads'
import type { SqlValue } from '../drivers/driver.ts'

/** One statement in PostgreSQL's words, with what it is prepared by. */
export interface Order {
  readonly sql: string
  /** Without it, the statement is needed once. */
  readonly name?: string
  readonly params: readonly SqlValue[]
}

/** Statements that run one after another; the rows of the last one are wanted. */
export interface Orders {
  readonly id: number
  /** The number of the connection on which the transaction was begun that they belong to. */
  readonly connection: number | undefined
  readonly orders: readonly Order[]
}

/** What came of them. */
export type Answer = { readonly id: number } & (
  | { readonly connection: number; readonly names: readonly string[]; readonly rows: readonly (readonly SqlValue[])[] }
  | { readonly code: string; readonly message: string }
)

/** Numbers that both threads see. */
export const SHARED = {
  /** Number of the connection that stands, 0 while there is none. */
  connection: 0,
  /** Id of the last answer. */
  answered: 1,
  /** How many there are. */
  count: 2,
} as const

/** What the thread needs to begin. */
export interface ThreadInit {
  readonly url: string
  readonly schema: string
  /** Name under which processes tell each other of changes. */
  readonly channel: string
  readonly shared: SharedArrayBuffer
  readonly port: MessagePort
}

/** What the thread tells by itself. */
export type News =
  | { readonly kind: 'connected'; readonly connection: number /** Whether it is told of what others commit. */; readonly hears: boolean }
  /** There is no connection, or there was none to be had; it goes on trying. */
  | { readonly kind: 'away'; readonly code: string; readonly message: string }
  /** Another process has committed something. */
  | { readonly kind: 'heard'; readonly text: string }

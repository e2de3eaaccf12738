import type { NameAuthorities } from '@p2p-docstore/core'
import type { DocstoreOptions } from 'p2p-docstore'
import type { CertificateFiles } from './certificate.ts'
import type { LogInit } from './log.ts'
import type { Service } from './services/service.ts'
import type { SettingValues } from './settings/setting.ts'

/** What an operator can choose. */
export interface RelayOptions {
  /** Data folder. */
  readonly data: string
  /** Port of the page; 0 takes any free one. */
  readonly port?: number
  /** Address to listen on, or a name of it. The default lets only this machine in. */
  readonly host?: string
  /** Join link of a network to take part in; without one, the relay's own. */
  readonly join?: string
  /** Id or name of the network that the relay is of, where the data is in several; without one, that in which the data was first. */
  readonly inNetwork?: string
  readonly networkName?: string
  /** The network that is made on first start admits only whom this relay's identity invites. */
  readonly inviteOnly?: boolean
  /** Who grants usernames in that network: this relay's identity alone (`'own'`), or several of whom so many have to agree; without it, nobody. */
  readonly names?: 'own' | NameAuthorities
  /** Certificate and key of the page's port, as files; read again when they change. */
  readonly tls?: CertificateFiles
  /** Multiaddrs to tell others in place of those listened on. */
  readonly announce?: readonly string[]
  /** Origin under which others reach the page's port, where a proxy stands before it or a certificate has several names. */
  readonly publicUrl?: string
  /** Password of `/admin`, the page for who runs the relay, 16 characters at least; without it there is none. */
  readonly adminKey?: string
  /** Names of the services that it runs; unless given `default`, which stands for all but those that have to be named. */
  readonly services?: readonly string[]
  /** Services of your own, which run besides. */
  readonly load?: readonly Service[]
  /** What is chosen for services, by their names. */
  readonly settings?: Readonly<Record<string, SettingValues>>
  /** What is logged, and how; warnings and errors, on standard error, unless given. */
  readonly log?: LogInit
  /** What it keeps: everything in the network, what it owns of that (docs/spec/placement.md), or only what peers bring that are no relays. */
  readonly storage?: 'all' | 'owned' | 'asked'
  /** Times of placement and repair, see `createDocstore`. */
  readonly placementTimes?: DocstoreOptions['placementTimes']
  /** Address of a PostgreSQL database for the documents, see `createDocstore`. */
  readonly database?: string
  /** Largest size of a database that lies in the data folder, bytes. */
  readonly maxBytes?: number
}

/** Largest database where nothing is chosen: an open relay must not fill the disk of its machine. */
export const DEFAULT_MAX_BYTES: number = 10 * 1024 ** 3

/** Port of the page where none is chosen. */
export const DEFAULT_PORT = 8080
/** Address of the relay where none is chosen: safe on any machine. `0.0.0.0` opens it to the network. */
export const DEFAULT_HOST = '127.0.0.1'

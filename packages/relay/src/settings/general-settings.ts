import { DEFAULT_HOST, DEFAULT_PORT } from '../config.ts'
import { LOG_LEVELS } from '../log.ts'
import type { Setting } from './setting.ts'

/** Names of the settings of a relay as a whole. */
export type GeneralSetting =
  | 'data'
  | 'port'
  | 'host'
  | 'join'
  | 'name'
  | 'inviteOnly'
  | 'publicUrl'
  | 'announce'
  | 'database'
  | 'tlsCert'
  | 'tlsKey'
  | 'adminKey'
  | 'services'
  | 'load'
  | 'logLevel'
  | 'logFormat'

/** What concerns the relay as a whole. Where nothing holds by default, the command line has something of its own, or there is nothing. */
export const GENERAL_SETTINGS: Readonly<Record<GeneralSetting, Setting>> = {
  data: { kind: 'text', about: 'folder for keys, documents and network' },
  port: { kind: 'whole', max: 65_535, default: DEFAULT_PORT, about: 'port of the page; 0 takes any free one' },
  host: { kind: 'text', default: DEFAULT_HOST, about: 'address or name to listen on; 0.0.0.0 lets others connect' },
  join: { kind: 'text', about: 'join link of a network to take part in' },
  name: { kind: 'text', about: 'name of the network that is made on first start' },
  inviteOnly: { kind: 'flag', about: 'whether that network admits only those who are invited' },
  publicUrl: { kind: 'text', about: 'how others reach the page, where a proxy stands before it' },
  announce: { kind: 'list', about: 'libp2p addresses to tell others in place of those listened on' },
  database: { kind: 'text', about: 'PostgreSQL for the documents, as postgres://user@host:5432/database; keys stay in the data folder' },
  tlsCert: { kind: 'text', about: 'file with the certificate of the page and of WebSocket, as PEM' },
  tlsKey: { kind: 'text', about: 'file with the key of that certificate' },
  adminKey: { kind: 'text', isSecret: true, about: 'password of /admin, the page for who runs the relay; without it there is none' },
  services: { kind: 'list', about: 'what it does for others (default: everything)' },
  load: { kind: 'list', about: 'modules with services of your own, as paths or npm packages' },
  logLevel: { kind: 'text', choices: LOG_LEVELS, default: 'warn', about: 'least important messages that are logged' },
  logFormat: { kind: 'text', choices: ['text', 'json'], default: 'text', about: 'how messages are written to standard error' },
}

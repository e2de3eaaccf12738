/** One column of the table: a library in one of its configurations. */
export interface Contestant {
  /** Name of its module in `adapters/`. */
  readonly id: string
  readonly name: string
  /** Which of its configurations, where there are several. */
  readonly variant?: string
  /** Package whose version is shown; absent for the one that lies here. */
  readonly packageName?: string
  /** How Node loads the adapter, beyond the usual. */
  readonly nodeFlags?: readonly string[]
  /** What it cannot do, or not in bounded time, and why. */
  readonly without?: Partial<Record<'bulk' | 'pairs' | 'large', string>>
}

export const OURS = 'ours'

/** Peerbit wants decorators, which Node does not strip. */
const DECORATORS = ['--import=tsx']

export const CONTESTANTS: readonly Contestant[] = [
  { id: OURS, name: 'ours' },
  {
    id: 'orbitdb',
    name: 'OrbitDB',
    packageName: '@orbitdb/core',
    without: { bulk: 'it has no bulk write', large: 'writing 100,000 one by one alone takes over 160 s, and the copy takes more than linear time' },
  },
  {
    id: 'peerbit',
    name: 'Peerbit',
    packageName: 'peerbit',
    nodeFlags: DECORATORS,
    without: { large: 'writing 100,000 takes over 120 s, and the copy takes more than linear time: 10,000 take a minute' },
  },
  {
    id: 'peerbit-rust',
    name: 'Peerbit',
    variant: 'rust preset',
    packageName: 'peerbit',
    nodeFlags: DECORATORS,
    without: { large: 'writing 100,000 takes about 300 s' },
  },
  {
    id: 'peerbit-native',
    name: 'Peerbit',
    variant: 'native mode',
    packageName: 'peerbit',
    nodeFlags: DECORATORS,
    without: { pairs: 'this configuration does not replicate' },
  },
  { id: 'hyperbee', name: 'Hyperbee', packageName: 'hyperbee' },
  { id: 'hyperbee-indexed', name: 'Hyperbee', variant: '2 indexes', packageName: 'hyperbee' },
  { id: 'pouchdb', name: 'PouchDB', variant: 'unsigned', packageName: 'pouchdb' },
]

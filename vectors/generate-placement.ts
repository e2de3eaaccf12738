import { createHash } from 'node:crypto'
import { toHex } from '../packages/core/src/model/bytes.ts'
import { drawCost } from '../packages/core/src/placement/draw.ts'
import { SECTORS } from '../packages/core/src/placement/limits.ts'
import { isMember, type Member, weightPower } from '../packages/core/src/placement/membership.ts'
import { Draws, Placement, sectorCosts } from '../packages/core/src/placement/placement.ts'
import { homesOf, partOfSlot, sectorOf, splitFor } from '../packages/core/src/placement/sector.ts'
import { encodeStatus } from '../packages/core/src/placement/status.ts'
import type { VectorFile } from './vector-file.ts'

const digest = (text: string): Uint8Array => Uint8Array.from(createHash('sha256').update(`docstore vectors: ${text}`).digest())
/** Looks like the key of a relay: nothing here asks whether it is one. */
const keyOf = (name: string): Uint8Array => Uint8Array.of(0xed, 0x01, ...digest(`relay ${name}`))
const NOW = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const network = digest('network of placement')

function placed(name: string, powers: readonly number[], copies: number) {
  const members = powers.map((power, i): Member => ({ key: keyOf(`${i}`), power }))
  const placement = new Placement(new Draws(network), members, copies)
  const all = Array.from({ length: SECTORS }, (_, sector) => placement.ownerNames(sector).map((owner) => members.findIndex(({ key }) => toHex(key) === owner)))
  return {
    name,
    kind: 'owners',
    members: members.map(({ key, power }) => ({ key: toHex(key), power })),
    copies,
    owners: [0, 1, 2, 511, 1023].map((sector) => ({ sector, owners: all[sector] })),
    // SHA-256 of the JSON of the owners of all sectors, as positions in `members`.
    digest: createHash('sha256').update(JSON.stringify(all)).digest('hex'),
  }
}

/** Sectors, draws and their costs, owners, members, weights, splits, and statuses. */
export function placementFile(): VectorFile {
  const ns = digest('a namespace')
  const costs = sectorCosts(network, keyOf('0'))
  const draws = ['0000000000000000', '0000000000000001', '0000000000000002', '0000000100000000', '00000001ffffffff', '8000000000000000', 'ffffffffffffffff']
  const standing = (name: string, sinceMinutes: number, atMinutes: number, services: readonly string[] = ['storage']) => {
    const [since, at] = [NOW - sinceMinutes * MINUTE, NOW - atMinutes * MINUTE]
    return { name, kind: 'member', since, at, services, now: NOW, isMember: isMember({ since, at, services }, NOW) }
  }
  const print = digest('fingerprint').subarray(0, 16)
  return {
    description:
      'Placement: sectors of parts of namespaces, costs of draws in units of 2^-20, owners of sectors as positions in members, who is a member, weights as powers of two, splits, and statuses.',
    context: { network: toHex(network) },
    valid: [
      ...[0, 1, 4, 6].flatMap((split) =>
        ['first slot', 'second slot'].map((name) => {
          const part = partOfSlot(ns, split, digest(name).subarray(0, 16))
          const slot = toHex(digest(name).subarray(0, 16))
          return { name: `${name} split by ${split}`, kind: 'sector', ns: toHex(ns), split, slot, index: part.index, sector: sectorOf(part) }
        }),
      ),
      ...[...draws, toHex(digest('a draw').subarray(0, 8)), toHex(digest('another').subarray(0, 8))].map((draw) => ({
        name: `draw ${draw}`,
        kind: 'cost',
        draw,
        cost: drawCost(Uint8Array.from(Buffer.from(draw, 'hex'))),
      })),
      { name: 'costs of the sectors 0 to 7', kind: 'costs', key: toHex(keyOf('0')), costs: [...costs.subarray(0, 8)] },
      placed('as many members as copies', [3, 3, 3], 3),
      placed('seven equal members', [3, 3, 3, 3, 3, 3, 3], 3),
      placed('members of different weight', [6, 5, 4, 3, 2, 1, 0], 2),
      standing('a relay of ten minutes', 10, 0),
      standing('a relay of nine minutes', 9, 0),
      standing('silent for 29 minutes', 60, 29),
      standing('silent for 30 minutes', 60, 30),
      standing('stores nothing', 60, 0, ['relay', 'signaling']),
      standing('does not say what it does', 60, 0, ['relay', 'gateway']),
      standing('is no relay', 60, 0, []),
      standing('is leaving', 60, 0, ['storage', 'draining']),
      ...[0, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 10 * 2 ** 30, 2 ** 36, 2 ** 40].map((space) => ({ name: `${space} bytes`, kind: 'weight', space, power: weightPower(space) })),
      ...[0, 500_000, 500_001, 2_000_000, 10 ** 9].map((records) => ({ name: `${records} records`, kind: 'split', records, split: splitFor(records) })),
      ...[0, 1, 3].map((split) => ({
        name: `where a namespace lies that is split by ${split}`,
        kind: 'homes',
        ns: toHex(digest('a namespace')),
        split,
        homes: homesOf(digest('a namespace'), split).map(({ sector, parts }) => ({ sector, parts: parts === undefined ? null : toHex(parts) })),
      })),
      {
        name: 'a status of three sectors',
        kind: 'status',
        sectors: [
          { sector: 0, state: 'syncing', print: toHex(print) },
          { sector: 700, state: 'serving', print: toHex(print) },
          { sector: 1023, state: 'leaving', print: toHex(print) },
        ],
        bytes: toHex(
          encodeStatus([
            { sector: 0, state: 'syncing', print },
            { sector: 700, state: 'serving', print },
            { sector: 1023, state: 'leaving', print },
          ]),
        ),
      },
    ],
    invalid: [
      { name: 'half an entry', kind: 'status', bytes: '0000', reason: 'malformed' },
      { name: 'a sector twice', kind: 'status', bytes: `0001${toHex(print)}0001${toHex(print)}`, reason: 'malformed' },
      { name: 'falling sectors', kind: 'status', bytes: `0041${toHex(print)}0001${toHex(print)}`, reason: 'malformed' },
      { name: 'a state that there is not', kind: 'status', bytes: `0003${toHex(print)}`, reason: 'malformed' },
    ],
  }
}

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drawCost } from './draw.ts'
import { SECTORS } from './limits.ts'
import { isMember, weightPower } from './membership.ts'
import { Draws, Placement, sectorCosts } from './placement.ts'
import { homesOf, partOfSlot, sectorOf, splitFor } from './sector.ts'
import { decodeStatus, encodeStatus } from './status.ts'

/** The cases of the file. What lies in them is described by it; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string; kind: string }
const file: { context: { network: string }; valid: Case[]; invalid: Case[] } = JSON.parse(
  readFileSync(new URL('../../../../vectors/placement.json', import.meta.url), 'utf8'),
)
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const network = bytesOf(file.context.network)
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** What this implementation makes of a case, in the terms of the case. */
function result(one: Case): unknown {
  switch (one.kind) {
    case 'sector': {
      const part = partOfSlot(bytesOf(one['ns']), one['split'], bytesOf(one['slot']))
      return { index: part.index, sector: sectorOf(part) }
    }
    case 'cost':
      return { cost: drawCost(bytesOf(one['draw'])) }
    case 'costs':
      return { costs: [...sectorCosts(network, bytesOf(one['key'])).subarray(0, 8)] }
    case 'owners': {
      const members: { key: string; power: number }[] = one['members']
      const placement = new Placement(
        new Draws(network),
        members.map(({ key, power }) => ({ key: bytesOf(key), power })),
        one['copies'],
      )
      const owners = (sector: number) => placement.ownerNames(sector).map((name) => members.findIndex(({ key }) => key === name))
      const all = Array.from({ length: SECTORS }, (_, sector) => owners(sector))
      const some: { sector: number }[] = one['owners']
      const digest = createHash('sha256').update(JSON.stringify(all)).digest('hex')
      return { owners: some.map(({ sector }) => ({ sector, owners: all[sector] })), digest }
    }
    case 'member':
      return { isMember: isMember({ since: one['since'], at: one['at'], services: one['services'] }, one['now']) }
    case 'weight':
      return { power: weightPower(one['space']) }
    case 'split':
      return { split: splitFor(one['records']) }
    case 'homes':
      return {
        homes: homesOf(bytesOf(one['ns']), one['split']).map(({ sector, parts }) => ({ sector, parts: parts === undefined ? null : hexOf(parts) })),
      }
    case 'status': {
      const decoded = decodeStatus(bytesOf(one['bytes']))
      if (!decoded.ok) return { reason: decoded.reason }
      return { sectors: decoded.value.map((sector) => ({ ...sector, print: hexOf(sector.print) })), bytes: hexOf(encodeStatus(decoded.value)) }
    }
    default:
      throw new Error(`no such kind: ${one.kind}`)
  }
}

describe('placement.json', () => {
  it.each([...file.valid, ...file.invalid])('$kind: $name', (one) => {
    expect(one).toMatchObject(result(one) as object)
  })
})

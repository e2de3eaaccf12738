import { encodeCbor } from '@p2p-docstore/core'
import { describe, expect, it } from 'vitest'
import { MAX_ASKED, MAX_STATEMENTS } from './limits.ts'
import { decodeNamesRequest, decodeNamesResponse, encodeNames, type NamesRequest, type NamesResponse } from './messages.ts'

const digest = new Uint8Array(32).fill(1)
const signed = { bytes: new Uint8Array(300), signature: new Uint8Array(64) }

describe('messages about names', () => {
  it('are read as they were written', () => {
    const requests: readonly NamesRequest[] = [
      { t: 'about', names: ['alice', 'bob'], passed: true },
      { t: 'of', persons: [digest] },
      { t: 'log', person: digest, from: 7 },
      { t: 'learn', genesis: digest, acts: [signed] },
      { t: 'claim', claim: signed },
      { t: 'deny', claim: signed },
      { t: 'tell', statements: [signed, signed] },
    ]
    for (const request of requests) expect(decodeNamesRequest(encodeNames(request))).toEqual({ ok: true, value: request })
    const responses: readonly NamesResponse[] = [
      { t: 'about', statements: [signed], taken: 1 },
      { t: 'of', names: [['alice'], []] },
      { t: 'log', genesis: digest, acts: [signed], more: false },
      { t: 'none' },
      { t: 'granted', grant: signed },
      { t: 'denied', denial: signed },
      { t: 'taken', count: 3 },
      { t: 'error', code: 'name-taken', message: 'no' },
    ]
    for (const response of responses) expect(decodeNamesResponse(encodeNames(response))).toEqual({ ok: true, value: response })
  })

  it('that are not as they should be are refused', () => {
    const bad: readonly unknown[] = [
      null,
      {},
      { t: 'else' },
      { t: 'about', names: [], passed: false },
      { t: 'about', names: ['alice'] },
      { t: 'about', names: ['Alice'], passed: false },
      { t: 'about', names: ['alice'], passed: false, more: 1 },
      { t: 'about', names: Array.from({ length: MAX_ASKED + 1 }, () => 'alice'), passed: false },
      { t: 'of', persons: [new Uint8Array(31)] },
      { t: 'log', person: digest, from: -1 },
      { t: 'learn', genesis: 'x', acts: [] },
      { t: 'claim', claim: { ...signed, bytes: new Uint8Array(513) } },
      { t: 'claim', claim: { ...signed, signature: new Uint8Array(63) } },
      { t: 'tell', statements: Array.from({ length: MAX_STATEMENTS + 1 }, () => signed) },
      { t: 'taken', count: 'many' },
      { t: 'granted' },
      { t: 'of', names: [['al\u202eice']] },
      { t: 'error', code: 'x'.repeat(600), message: '' },
    ]
    for (const message of bad) {
      const frame = encodeCbor(message)
      expect(decodeNamesRequest(frame), JSON.stringify(message)).toEqual({ ok: false, reason: 'malformed' })
      expect(decodeNamesResponse(frame).ok, JSON.stringify(message)).toBe(false)
    }
    expect(decodeNamesRequest(Uint8Array.of(0xff)).ok).toBe(false)
  })
})

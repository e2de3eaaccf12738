import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toHex } from '../model/bytes.ts'
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from './messages.ts'

/** The cases of a file. What lies in them is described by the file; `any` is what JSON.parse gives. */
type Case = Record<string, any> & { name: string }
const { valid, invalid }: { valid: Case[]; invalid: Case[] } = JSON.parse(
  readFileSync(new URL('../../../../vectors/frames.json', import.meta.url), 'utf8'),
)
const frameOf = ({ frame, zeros = 0 }: Case): Uint8Array => Buffer.concat([Buffer.from(frame, 'hex'), Buffer.alloc(zeros)])
const ours = ({ protocol }: Case): boolean => protocol === 'sync'

describe('frames.json, those of sync', () => {
  it.each(valid.filter(ours))('reads and writes $name', (one) => {
    if (one['side'] === 'request') {
      const request = decodeRequest(frameOf(one))
      expect(request.ok && toHex(encodeRequest(request.value))).toBe(one['frame'])
    } else {
      const response = decodeResponse(frameOf(one))
      if (!response.ok) throw new Error(response.reason)
      // What is not known is read, and not written.
      if (!one.name.includes('not known')) expect(toHex(encodeResponse(response.value))).toBe(one['frame'])
    }
  })
  it.each(invalid.filter(ours))('refuses $name', (one) => {
    expect((one['side'] === 'request' ? decodeRequest : decodeResponse)(frameOf(one))).toEqual({ ok: false, reason: one['reason'] })
  })
})

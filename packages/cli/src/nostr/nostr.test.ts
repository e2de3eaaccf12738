import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { NostrEvent } from '@p2p-docstore/core/nostr'
import { startRelay } from '@p2p-docstore/relay'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from '../testing/docstore-process.ts'

const { valid } = JSON.parse(readFileSync(new URL('../../../../vectors/nostr.json', import.meta.url), 'utf8')) as {
  readonly valid: readonly { readonly event: NostrEvent }[]
}
/** Notes that nothing replaces and that name nothing. */
const notes = valid
  .map(({ event }) => event)
  .filter(({ kind, tags, created_at }) => kind === 1 && tags.length === 0 && created_at > 1_700_000_000 && created_at < 1_800_000_000)
const bench = new Workbench()
const data = bench.folder()
const files = bench.folder()
const fileOf = (name: string): string => join(files, name)

beforeAll(async () => {
  await mkdir(files)
})
afterAll(() => bench.close())

function linesOf(text: string): readonly NostrEvent[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as NostrEvent)
}

describe('docstore nostr', () => {
  it('stores the events of a file, says which lines are none, and writes all of them out again', async () => {
    expect(notes.length).toBeGreaterThan(1)
    const [first, second] = notes
    const lines = [...notes.map((event) => JSON.stringify(event)), '{"id":1}', JSON.stringify({ ...first, sig: second?.sig })]
    writeFileSync(fileOf('events.jsonl'), lines.join('\n'))
    expect(await bench.json(['nostr', 'import', fileOf('events.jsonl'), '--data', data])).toEqual({
      read: lines.length,
      outcomes: { stored: notes.length, malformed: 1, 'bad-signature': 1 },
    })
    const { stderr } = await bench.run(['nostr', 'import', fileOf('events.jsonl'), '--data', data])
    expect(stderr).toContain(`Line ${notes.length + 1} is not stored: malformed`)
    const exported = linesOf((await bench.run(['nostr', 'export', '--data', data])).stdout)
    expect(new Set(exported.map(({ id }) => id))).toEqual(new Set(notes.map(({ id }) => id)))
    expect(await bench.json(['nostr', 'export', '-o', fileOf('out.jsonl'), '--filter', '{"kinds":[1],"limit":1}', '--data', data])).toEqual({
      events: 1,
      file: fileOf('out.jsonl'),
    })
    expect(linesOf(readFileSync(fileOf('out.jsonl'), 'utf8'))).toHaveLength(1)
  })

  it('reads frames of a relay and arrays, packed or not', async () => {
    const frames = [...notes.map((event) => ['EVENT', 'sub', event]), ['EOSE', 'sub']]
    writeFileSync(fileOf('frames.jsonl'), frames.map((frame) => JSON.stringify(frame)).join('\n'))
    writeFileSync(fileOf('array.json.gz'), gzipSync(JSON.stringify(notes, null, 2)))
    for (const name of ['frames.jsonl', 'array.json.gz'])
      expect(await bench.json(['nostr', 'import', fileOf(name), '--data', data])).toEqual({
        read: notes.length,
        outcomes: { duplicate: notes.length },
      })
  })

  it('mirrors a relay, and takes away what is banned for good', async () => {
    const relay = await startRelay({ data: 'memory', port: 0, services: ['default', 'nostr'], log: { level: 'error' } })
    try {
      const events = await relay.store.replica.nostr()
      await events.put(notes)
      const fresh = bench.folder()
      const url = relay.ready.http.replace('http', 'ws')
      expect(await bench.json(['nostr', 'mirror', url, '--data', fresh])).toMatchObject({
        by: 'compare',
        fetched: notes.length,
        stored: notes.length,
        lostCount: 0,
      })
      const id = notes[0]?.id ?? ''
      expect(await bench.json(['nostr', 'ban', id, '--data', fresh])).toEqual({ banned: 1, removed: 1 })
      expect(await bench.json(['nostr', 'mirror', url, '--data', fresh])).toMatchObject({ stored: 0 })
      expect(linesOf((await bench.run(['nostr', 'export', '--data', fresh])).stdout).map((event) => event.id)).not.toContain(id)
    } finally {
      await relay.close()
    }
  })

  it('says what is wrong', async () => {
    expect((await bench.run(['nostr', 'export', '--filter', '{"kind":1}', '--data', data])).code).toBe(2)
    expect((await bench.run(['nostr', 'ban', 'x', '--data', data])).code).toBe(2)
    expect(await bench.failure(['nostr', 'mirror', 'http://relay.example', '--data', data])).toMatchObject({ exit: 1, code: 'bad-url' })
  })
})

import { describe, expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { encodeEdit } from './edit-content.ts'
import { earlierVersions, type VersionRecord } from './earlier-versions.ts'

const [ada, bob] = [Uint8Array.of(1), Uint8Array.of(2)]

/** Times are tens, so that none are in a row by chance. */
function record(tens: number, says: unknown, { by = ada, path }: { by?: Uint8Array; path?: readonly string[] } = {}): VersionRecord {
  const at = tens * 10
  const content = says === null ? null : path === undefined ? JSON.stringify({ _id: 'x', ...(says as object) }) : encodeEdit('x', says as never)
  return { at, by, content, hash: sha256(`${at} ${content} ${path?.join('.')} ${by[0]}`), ...(path === undefined ? {} : { path }) }
}

function versions(records: readonly VersionRecord[], limit = 64): readonly (readonly [at: number, document: unknown])[] {
  const steps = earlierVersions(records, limit)
  for (;;) {
    const step = steps.next()
    if (step.done !== true) continue
    return step.value.map(({ at, content }) => {
      const { _id, ...document } = JSON.parse(content) as { _id: string }
      return [at / 10, document] as const
    })
  }
}

describe('what a document was before', () => {
  it('is what it was after each of its records, the newest first, without what it is', () => {
    const records = [record(1, { a: 1 }), record(2, 2, { path: ['a'] }), record(3, 3, { path: ['b'] }), record(4, { a: 4 })]
    expect(versions(records)).toEqual([
      [3, { a: 2, b: 3 }],
      [2, { a: 2 }],
      [1, { a: 1 }],
    ])
    expect(versions(records.toReversed(), 2)).toHaveLength(2)
    expect(versions(records.slice(0, 1))).toEqual([])
    expect(versions([])).toEqual([])
  })

  it('is one version where several fields were changed at once, and two where two people changed one each', () => {
    const both = [record(1, { a: 1 }), record(2, 2, { path: ['a'] }), record(2.1, 3, { path: ['b'] }), record(3, { a: 9 })]
    expect(versions(both)).toEqual([
      [2.1, { a: 2, b: 3 }],
      [1, { a: 1 }],
    ])
    const each = [record(1, { a: 1 }), record(2, 2, { path: ['a'] }), record(2.1, 3, { by: bob, path: ['b'] }), record(3, { a: 9 })]
    expect(versions(each)).toHaveLength(3)
  })

  it('is told once where several records say the same, and not where they say what it is now', () => {
    const records = [
      record(1, { a: 1 }),
      record(2, { a: 1 }, { by: bob }),
      record(3, { a: 2 }),
      record(4, { a: 3 }),
      record(5, { a: 3 }, { by: bob }),
    ]
    expect(versions(records)).toEqual([
      [3, { a: 2 }],
      [1, { a: 1 }],
    ])
  })

  it('begins anew after a delete, and has no changes of what is not there', () => {
    expect(versions([record(1, { a: 1 }), record(2, null), record(3, { a: 3 }), record(4, { a: 4 })])).toEqual([[3, { a: 3 }]])
    expect(versions([record(1, 5, { path: ['a'] }), record(2, { a: 3 }), record(3, { a: 4 })])).toEqual([[2, { a: 3 }]])
  })

  it('is what everybody had at that time: a change that was replaced made no object for the one that took its field away', () => {
    const path = ['a', 'b']
    const records = [record(1, {}), record(2, 1, { path }), record(3, undefined, { path }), record(4, { c: 1 })]
    expect(versions(records)).toEqual([
      [3, {}],
      [2, { a: { b: 1 } }],
      [1, {}],
    ])
  })
})

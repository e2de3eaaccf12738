import type { Conflict, Document } from 'p2p-docstore'
import { describe, expect, it } from 'vitest'
import { differencesOf } from '../../apps/web/src/conflicts/differences.ts'

const at = '2026-11-29T03:00:00.000Z'

function conflict(
  lost: Document | null,
  stands: Document | null,
  field?: { readonly field: string; readonly value?: Document[string] },
): Conflict<Document> {
  return { _id: 'x', cid: null, at, by: 'did:key:ada', document: lost, ...field, won: { cid: null, at, by: 'did:key:bob', document: stands } }
}

describe('what lost, beside what stands', () => {
  it('is the fields in which they differ, those within objects by their paths, in whichever of them they are', () => {
    const lost = { _id: 'x', name: 'Lyon', address: { city: 'Lyon', zip: 1 }, tags: ['a'], same: 1 }
    const stands = { _id: 'x', address: { city: 'Paris', zip: 1 }, tags: ['b'], same: 1, paid: true }
    expect(differencesOf(conflict(lost, stands))).toEqual([
      { field: 'address.city', lost: 'Lyon', stands: 'Paris' },
      { field: 'tags', lost: ['a'], stands: ['b'] },
      { field: 'name', lost: 'Lyon', stands: undefined },
      { field: 'paid', lost: undefined, stands: true },
    ])
  })

  it('is the whole where a path cannot name a field', () => {
    const [lost, stands] = [
      { _id: 'x', 'a.b': 1 },
      { _id: 'x', 'a.b': 2 },
    ]
    expect(differencesOf(conflict(lost, stands))).toEqual([{ field: '', lost, stands }])
  })

  it('is what was written of a document that was deleted, a field or all of it, and nothing where a delete lost', () => {
    expect(differencesOf(conflict(null, null, { field: 'a.b', value: 1 }))).toEqual([{ field: 'a.b', lost: 1, stands: undefined }])
    expect(differencesOf(conflict({ _id: 'x', a: 1 }, null))).toEqual([{ field: 'a', lost: 1, stands: undefined }])
    expect(differencesOf(conflict(null, { _id: 'x', a: 1 }))).toEqual([])
  })
})

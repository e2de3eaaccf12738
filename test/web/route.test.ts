import { describe, expect, it } from 'vitest'
import { collectionWithDocuments } from '../../apps/web/src/namespaces/use-collection-choice.ts'
import { type ListView, namespaceHref, parseRoute, WHOLE_LIST } from '../../apps/web/src/route.ts'

describe('the address', () => {
  it.each<[string, ListView]>([
    ['page', { ...WHOLE_LIST, page: 3 }],
    ['filter', { ...WHOLE_LIST, filterText: '{"a":{"$gt":1}} & ?#/+ %' }],
    ['rising order', { ...WHOLE_LIST, sort: { field: 'population', direction: 1 } }],
    ['falling order', { ...WHOLE_LIST, sort: { field: 'população', direction: -1 } }],
    ['order by a name that begins with a sign', { ...WHOLE_LIST, sort: { field: '-x', direction: 1 } }],
    ['falling order by such a name', { ...WHOLE_LIST, sort: { field: '+x', direction: -1 } }],
    ['all of them', { filterText: 'lyon', sort: { field: '_id', direction: -1 }, page: 2 }],
  ])('carries namespace, collection and %s', (_, view) => {
    expect(parseRoute(namespaceHref('bafy', 'to do/s?', view))).toEqual({ page: 'namespace', id: 'bafy', collection: 'to do/s?', view })
  })

  it('is short where there is nothing to say', () => {
    expect(namespaceHref('bafy')).toBe('#/ns/bafy')
    expect(parseRoute('#/ns/bafy')).toEqual({ page: 'namespace', id: 'bafy', collection: undefined, view: WHOLE_LIST })
    expect(parseRoute('#/network')).toEqual({ page: 'network' })
    expect(parseRoute('#/ns/')).toEqual({ page: 'home' })
  })

  it.each(['0', '-1', '1.5', 'x', '1e99', ''])('begins at the first page where it names %s', (page) => {
    expect(parseRoute(`#/ns/bafy?page=${page}`)).toMatchObject({ view: { page: 1 } })
  })
})

describe('a namespace whose collection is not named', () => {
  it('shows the one that has documents: the usual one, else that with most', () => {
    const todos = { collection: 'todos', documents: 5002 }
    const notes = { collection: 'notes', documents: 3 }
    expect(collectionWithDocuments([{ collection: 'docs', documents: 1 }, todos])).toBe('docs')
    expect(collectionWithDocuments([{ collection: 'docs', documents: 0 }, notes, todos])).toBe('todos')
    expect(collectionWithDocuments([notes])).toBe('notes')
    expect(collectionWithDocuments([{ collection: 'todos', documents: 0 }])).toBeUndefined()
    expect(collectionWithDocuments([])).toBeUndefined()
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

const bench = new Workbench()
const data = bench.folder()
const args = ['--collection', 'cities', '--data', data]

beforeAll(async () => {
  await bench.namespace(data, 'places')
  await bench.json(
    ['import', 'places', '-', ...args],
    '[{"_id":"lyon","about":"Food and rivers","pop":5},{"_id":"nice","about":"Sea, sea and food","pop":3},{"_id":"oslo","about":"Fjord","pop":7}]',
  )
})
afterAll(() => bench.close())

describe('docstore index and explain', () => {
  it('create, use, list and drop indexes, also through the process that has the folder open', async () => {
    expect(await bench.json(['index', 'list', 'places', ...args])).toEqual([])
    expect(await bench.json(['index', 'create', 'places', 'pop', ...args])).toEqual([{ fields: ['pop'], text: false }])
    const owner = bench.start('watch', 'places', ...args)
    expect(await bench.json(['index', 'create', 'places', 'about,"more, or less"', '--text', ...args])).toEqual([
      { fields: ['pop'], text: false },
      { fields: ['about', '"more, or less"'], text: true },
    ])
    const { stdout } = await bench.run(['find', 'places', '{"$text":{"$search":"food sea"}}', '--sort', '$textScore', ...args])
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { _id: string })._id),
    ).toEqual(['nice', 'lyon'])
    await owner.stop()
    expect((await bench.run(['index', 'list', 'places', ...args])).stdout).toBe('pop                    values\nabout,"more, or less"  words\n')
    expect(await bench.json(['explain', 'places', '{"pop":{"$gt":4}}', '--sort', '-pop', ...args])).toMatchObject({
      found: 'index',
      order: 'index',
      documents: 3,
    })
    const unindexed = await bench.run(['explain', 'places', '{"more, or less":5}', ...args])
    expect(unindexed.stdout).toContain(
      `Make an index with docstore --data ${data} index create places 'more, or less' --collection cities: documents would be looked up in it.`,
    )
    const slow = await bench.run(['explain', 'places', '{"about":{"$regex":"sea"}}', ...args])
    expect(slow.stdout).toMatch(
      /^Every document of the collection is looked at \(3\); .*\nDecided in JavaScript: about: \$regex\.\n.*\$text\.\n\n {2}S/,
    )
    expect(await bench.failure(['index', 'drop', 'places', 'about', ...args])).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('has pop and about,"more, or less" --text'),
    })
    expect(await bench.json(['index', 'drop', 'places', 'pop', ...args])).toHaveLength(1)
    expect(await bench.json(['index', 'drop', 'places', 'about,"more, or less"', '--text', ...args])).toEqual([])
    expect(await bench.failure(['find', 'places', '{"$text":{"$search":"food"}}', ...args])).toMatchObject({ exit: 1, code: 'bad-filter' })
    expect(await bench.failure(['index', 'create', 'places', ',', ...args])).toMatchObject({ exit: 2 })
  })
})

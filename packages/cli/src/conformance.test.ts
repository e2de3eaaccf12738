import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Workbench } from './testing/docstore-process.ts'

describe('docstore conformance', () => {
  let bench: Workbench
  beforeEach(() => {
    bench = new Workbench()
  })
  afterEach(() => bench.close())

  it('says of each clause whether a relay keeps it, at each kind of address', async () => {
    const { ready } = await bench.relay(bench.folder())
    const short = ['--only', 'half-close,ping', '--timeout', '30'] as const
    const found = await bench.json<{ conforms: boolean; clauses: { id: string; result: string; required: boolean; section: string }[] }>([
      'conformance',
      ready.join,
      ...short,
    ])
    expect(found).toMatchObject({ network: ready.network, conforms: true, notMet: 0 })
    expect(found.clauses).toContainEqual(expect.objectContaining({ id: 'half-close', section: 'sync §1', result: 'met', required: true }))
    for (const address of [...ready.addresses, ready.http]) {
      const joined = address.startsWith('/') ? ['--join', ready.join] : []
      expect(await bench.json(['conformance', address, ...joined, '--read-only', '--only', 'ping']), address).toMatchObject({ conforms: true })
    }
  }, 120_000)

  it('ends with 1 where a clause is not met, and prints one value', async () => {
    const { ready } = await bench.relay(bench.folder())
    const { code, stdout } = await bench.run(['conformance', '/ip4/127.0.0.1/tcp/1', '--join', ready.join, '--only', 'ping', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ conforms: false })
    const other = await bench.json(['network', 'create', 'another', '--data', bench.folder()])
    expect(other).toMatchObject({ name: 'another' })
    const link = `http://127.0.0.1:1/#join=${String(other['descriptor'])}`
    const wrong = await bench.run(['conformance', ready.addresses[0] ?? '', '--join', link, '--json'])
    expect([wrong.code, JSON.parse(wrong.stdout)]).toEqual([1, expect.objectContaining({ conforms: false, met: 1, notMet: 1 })])
  })

  it('asks for the network where the address does not say it', async () => {
    expect(await bench.failure(['conformance', '/ip4/127.0.0.1/tcp/1'])).toMatchObject({ exit: 1, code: 'no-network' })
    expect(await bench.failure(['conformance', 'nowhere'])).toMatchObject({ exit: 1, code: 'bad-link' })
  })
})

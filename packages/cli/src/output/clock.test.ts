import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Finished, type Ready, Workbench } from '../testing/docstore-process.ts'

const FAR_MS = 400 * 86_400_000
const bench = new Workbench()
const [here, elsewhere] = [bench.folder(), bench.folder()]
let ready: Ready
beforeAll(async () => {
  ready = (await bench.relay(bench.folder())).ready
  for (const data of [here, elsewhere]) await bench.json(['join', ready.join, '--data', data])
})
afterAll(() => bench.close())

/** Runs a command in a process whose wall clock is wrong. */
async function runAhead(ms: number, args: readonly string[], input = ''): Promise<Finished> {
  const before = process.env['NODE_OPTIONS']
  const script = `const now = Date.now; Date.now = () => now() + ${ms}`
  process.env['NODE_OPTIONS'] = `--import=data:text/javascript,${encodeURIComponent(script)}`
  try {
    return await bench.runAlone(args, input)
  } finally {
    if (before === undefined) delete process.env['NODE_OPTIONS']
    else process.env['NODE_OPTIONS'] = before
  }
}

it('one put under a clock that is 400 days ahead is told, and put right by the next command with a right one', { timeout: 120_000 }, async () => {
  const ns = await bench.namespace(here, 'notes')
  await bench.json(['put', ns, '--id', 's', '--data', here], '{"v":1}')

  const late = await runAhead(FAR_MS, ['put', ns, '--id', 's', '--data', here, '--json'], '{"v":2}')
  expect(late.code).toBe(0)
  expect(JSON.parse(late.stdout)).toMatchObject({ _id: 's', copies: 0, held: 1 })
  expect(late.stderr).toContain('The clock here is 400 days ahead of that of the relay')
  expect(late.stderr).toContain('Held back: future, 1 record')
  expect(late.stderr).toContain('Set the clock of this machine right')

  const doctor = JSON.parse((await runAhead(FAR_MS, ['doctor', '--data', here, '--json'])).stdout) as { fault: string | null }[]
  expect(doctor.map(({ fault }) => fault)).toContain('clock-skew')

  expect(await bench.json(['put', ns, '--id', 't', '--data', here], '{"v":1}')).toMatchObject({ copies: 1 })
  await bench.run(['sync', ns, '--data', here])
  expect(await bench.json(['status', ns, '--data', here])).toMatchObject({ synced: true, held: { records: 0, reason: null, until: null } })
  expect(await bench.json(['get', ns, 's', '--data', elsewhere])).toMatchObject({ v: 2 })
  const now = await bench.json(['put', ns, '--id', 's', '--data', here], '{"v":3}')
  expect(now).toMatchObject({ copies: 1 })
  expect(now).not.toHaveProperty('held')
  expect(await bench.json(['get', ns, 's', '--data', elsewhere])).toMatchObject({ v: 3 })
})

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startRelay } from '@p2p-docstore/relay'
import { afterAll, beforeAll, expect, it } from 'vitest'

const dashboard = JSON.parse(readFileSync(fileURLToPath(new URL('../examples/operating/grafana-dashboard.json', import.meta.url)), 'utf8')) as {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[]
}
let relay: Awaited<ReturnType<typeof startRelay>>
let text = ''
beforeAll(async () => {
  relay = await startRelay({ data: 'memory', port: 0 })
  text = await (await fetch(`${relay.ready.http}/metrics`)).text()
})
afterAll(() => relay.close())

it('the numbers of a relay are in the text format of Prometheus, as its tool wants them', () => {
  expect(text.endsWith('\n')).toBe(true)
  const seen = new Set<string>()
  let current = { name: '', type: '' }
  for (const line of text.trimEnd().split('\n')) {
    const [, name = '', help] = /^# HELP (docstore_[a-z0-9_]+) (\S.*)$/.exec(line) ?? []
    const [, typed = '', type = ''] = /^# TYPE (docstore_[a-z0-9_]+) (gauge|counter)$/.exec(line) ?? []
    if (help !== undefined) {
      expect(seen.has(name), `${name} comes twice`).toBe(false)
      seen.add(name)
      current = { name, type: '' }
    } else if (type !== '') {
      expect(typed).toBe(current.name)
      // What only goes up, and nothing else, ends so.
      expect(typed.endsWith('_total')).toBe(type === 'counter')
      current = { name: typed, type }
    } else {
      const [, sample = '', labels = ''] = /^(docstore_[a-z0-9_]+)(\{[a-z]+="[^"\\\n]*"\})? \d+(?:\.\d+)?(?:e[+-]?\d+)?$/.exec(line) ?? []
      expect([sample, labels], line).toEqual([current.name, labels])
      expect(current.type).not.toBe('')
    }
  }
  expect(seen.size).toBeGreaterThan(15)
})

it('the dashboard shows what a relay tells, and nothing else', () => {
  const told = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]))
  for (const { title, targets } of dashboard.panels)
    for (const { expr } of targets) for (const [name] of expr.matchAll(/docstore_[a-z0-9_]+/g)) expect(told.has(name), `${title}: ${name}`).toBe(true)
})

/// <reference types="node" />
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { CollectionSettings } from '../model/namespace/collection-settings.ts'
import type { Json } from '../model/json/json-value.ts'
import { readRules } from './read-rules.ts'

interface Vectors {
  readonly context: { readonly author: string }
  readonly valid: readonly {
    readonly name: string
    readonly write: string
    readonly settings: CollectionSettings
    readonly puts: readonly { readonly content: string; readonly breaks: string | null }[]
    readonly edits: readonly { readonly path: readonly string[]; readonly content: string; readonly breaks: string | null }[]
  }[]
  readonly invalid: readonly { readonly name: string; readonly schema: string }[]
}

const { context, valid, invalid } = JSON.parse(readFileSync(new URL('../../../../vectors/rules.json', import.meta.url), 'utf8')) as Vectors
const bytesIn = (text: string): number => new TextEncoder().encode(text).length

describe('rules.json', () => {
  it.each(valid)('judges by $name', async ({ write, settings, puts, edits }) => {
    const rules = await readRules({ docs: settings })
    const own = rules instanceof Map ? rules.get('docs') : undefined
    if (own === undefined) throw new Error(JSON.stringify(rules))
    for (const { content, breaks } of puts) {
      const document = JSON.parse(content) as { readonly _id: string; readonly [name: string]: Json }
      const fault = own.judgeDocument({ id: document._id, document, size: bytesIn(content) }, write === 'author' ? `${context.author}/` : '')
      expect(fault?.rule ?? null, content.slice(0, 80)).toBe(breaks)
    }
    for (const { path, content, breaks } of edits) {
      const { value } = JSON.parse(content) as { readonly value?: Json }
      expect(own.judgeEdit(path, value, bytesIn(content))?.rule ?? null, `${path.join('.')} ${content}`).toBe(breaks)
    }
  })

  it.each(invalid)('has no $name', async ({ schema }) => {
    expect(await readRules({ docs: { schema } })).toHaveProperty('reason')
  })
})

import type { Json } from './json-value.ts'

/**
 * The former canonical form (RFC 8785: keys by UTF-16 units, whole numbers below 1e21 as digits) of a value that `canonicalJson` takes and
 * `JSON.parse` gave. Documents that were signed in it stay what they are; nothing new is written in it.
 */
export function formerJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(formerJson).join()}]`
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${formerJson(field)}`).join()}}`
}

import { canonicalJson, type Document, type Json } from '../model/content.ts'
import { compareText } from './compare-text.ts'
import type { Comparison, Filter } from './filter.ts'
import { valueAt } from './path.ts'

/** Whether a document matches: what the compiled SQL answers, in plain JavaScript. */
export function matches(filter: Filter, document: Document): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => matches(one, document))
    case 'or':
      return filter.filters.some((one) => matches(one, document))
    case 'not':
      return !matches(filter.filter, document)
    case 'exists':
      return valueAt(document, filter.path) !== undefined
    case 'equals':
      return wholeOrElement(valueAt(document, filter.path) ?? null, (value) => filter.values.some((wanted) => isEqual(value, wanted)))
    case 'compare':
      return wholeOrElement(valueAt(document, filter.path) ?? null, (value) => holds(value, filter.operator, filter.value))
  }
}

function wholeOrElement(value: Json, test: (value: Json) => boolean): boolean {
  return test(value) || (Array.isArray(value) && value.some(test))
}

function isEqual(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b
  return canonicalJson(a) === canonicalJson(b)
}

function holds(value: Json, operator: Comparison, bound: number | string): boolean {
  if (typeof value === 'string' && typeof bound === 'string') return isOrdered(compareText(value, bound), operator, 0)
  return typeof value === 'number' && typeof bound === 'number' && isOrdered(value, operator, bound)
}

/** Whether a comparison of two numbers holds. */
export function isOrdered(a: number, operator: Comparison, b: number): boolean {
  switch (operator) {
    case '>':
      return a > b
    case '>=':
      return a >= b
    case '<':
      return a < b
    case '<=':
      return a <= b
  }
}

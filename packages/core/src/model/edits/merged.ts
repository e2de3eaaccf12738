import { utf8 } from '../bytes.ts'
import { canonicalJson } from '../content.ts'
import type { Json } from '../json/json-value.ts'
import { MAX_CONTENT_BYTES } from '../limits.ts'
import { compareVersions } from './compare-versions.ts'
import { valueOfEdit } from './edit-content.ts'
import { type EditPath, pathText } from './edit-path.ts'

/** A record of one field, as far as merging is concerned. */
export interface Edit {
  readonly at: number
  readonly hash: Uint8Array
  readonly path: EditPath
  /** Canonical JSON, see `encodeEdit`. */
  readonly content: string
}

type Fields = Record<string, Json>

/**
 * What a document is once fields of it were edited: its content with all edits in their order. An edit is passed over where its path leads
 * through what is no object, and where the document would become larger than any may be; objects that are missing on the way are made. The
 * same records give the same text, in whatever order they came.
 */
export function mergedContent(content: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return content
  const document = JSON.parse(content) as Fields
  // An upper bound of the length: while it stays below the limit, nothing has to be measured.
  let bytes = utf8(content).length
  let isExact = false
  for (const { path, content: edit } of edits.toSorted(compareVersions)) {
    const place = placeOf(document, path, valueOfEdit(edit))
    if (place === undefined) continue
    const added = utf8(edit).length + 8 * path.length + utf8(pathText(path)).length
    if (!isExact && bytes + added > MAX_CONTENT_BYTES) {
      bytes = utf8(canonicalJson(document)).length
      isExact = true
    }
    const growth = isExact ? growthOf(place) : added
    if (bytes + growth > MAX_CONTENT_BYTES) continue
    fill(place)
    bytes += growth
  }
  return canonicalJson(document)
}

/** Sets a field of a document, or takes it away; `false` where its path leads through what is no object, which changes nothing. */
export function setField(document: Fields, path: EditPath, value: Json | undefined): boolean {
  const place = placeOf(document, path, value)
  if (place !== undefined) fill(place)
  return place !== undefined
}

/** Where a value goes: the last object that is there on its way, and what that gets. */
interface Place {
  readonly parent: Fields
  readonly name: string
  readonly value: Json | undefined
}

function placeOf(document: Fields, path: EditPath, value: Json | undefined): Place | undefined {
  let parent = document
  for (const [i, name] of path.entries()) {
    const next = fieldOf(parent, name)
    if (i === path.length - 1 || next === undefined) {
      const rest = path.slice(i + 1)
      // What is not there need not be taken away: no objects are made for that.
      return { parent, name, value: value === undefined ? undefined : rest.reduceRight<Json>((inner, key) => ({ [key]: inner }), value) }
    }
    if (!isFields(next)) return undefined
    parent = next
  }
  return undefined
}

function fill({ parent, name, value }: Place): void {
  if (value === undefined) delete parent[name]
  else parent[name] = value
}

/** By how many bytes the canonical JSON grows. */
function growthOf({ parent, name, value }: Place): number {
  const old = fieldOf(parent, name)
  const before = old === undefined ? 0 : lengthOf(old)
  if (value !== undefined && old !== undefined) return lengthOf(value) - before
  // With the name, the colon, and the comma that parts it from others.
  const around = lengthOf(name) + 1 + (Object.keys(parent).length > (old === undefined ? 0 : 1) ? 1 : 0)
  if (value !== undefined) return around + lengthOf(value)
  return old === undefined ? 0 : -(around + before)
}

function lengthOf(value: Json): number {
  return utf8(canonicalJson(value)).length
}

/** The value at a path, `undefined` where there is none; `blocked` where it leads through what is no object. */
export function fieldAt(document: Fields, path: EditPath): { readonly value: Json | undefined; readonly blockedBy?: EditPath } {
  let value: Json | undefined = document
  for (const [i, name] of path.entries()) {
    if (value === undefined) return { value: undefined }
    if (!isFields(value)) return { value: undefined, blockedBy: path.slice(0, i) }
    value = fieldOf(value, name)
  }
  return { value }
}

function fieldOf(parent: Fields, name: string): Json | undefined {
  return Object.hasOwn(parent, name) ? parent[name] : undefined
}

function isFields(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

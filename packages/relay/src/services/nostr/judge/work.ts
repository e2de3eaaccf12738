/** Bits of proof of work of an event (NIP-13): zeros that its id begins with. */
export function workOf(id: string): number {
  const first = id.search(/[^0]/)
  return first === -1 ? id.length * 4 : first * 4 + Math.clz32(parseInt(id[first] ?? 'f', 16)) - 28
}

/** Work that an event says it was meant to have; what it has by luck does not count (NIP-13). */
export function targetOf(tags: readonly (readonly string[])[]): number | undefined {
  const target = tags.find(([name]) => name === 'nonce')?.[2]
  return target !== undefined && /^\d{1,3}$/.test(target) ? Number(target) : undefined
}

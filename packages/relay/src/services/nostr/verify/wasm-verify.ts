import { initNostrWasm } from 'nostr-wasm'

/** Bytes of one check: what was signed, by whom, and the signature. */
export const CHECK_BYTES = 128

/** What is used of libsecp256k1, by the names that nostr-wasm 0.1.0 has for it. */
interface Exports {
  readonly g: WebAssembly.Memory
  readonly i: (bytes: number) => number
  readonly o: (flags: number) => number
  readonly p: (context: number, parsed: number, key: number) => number
  readonly u: (context: number, signature: number, hash: number, bytes: number, parsed: number) => number
}

/** Contexts that verify, and bytes of a parsed key. */
const FOR_VERIFYING = 257
const PARSED_KEY_BYTES = 64

/**
 * Checks signatures by libsecp256k1. The package checks whole events alone, which it copies into a memory that a large one does not fit into, so its module is taken
 * from it while it is made; that is why this is for a thread of its own. Throws where that is not as it is known.
 */
export async function openWasm(): Promise<(checks: Uint8Array, at: number) => boolean> {
  const { instantiate } = WebAssembly
  let exports: Exports | undefined
  const keep = async (bytes: BufferSource, imports?: WebAssembly.Imports): Promise<WebAssembly.WebAssemblyInstantiatedSource> => {
    const made = await instantiate(bytes, imports)
    exports = made.instance.exports as unknown as Exports
    return made
  }
  WebAssembly.instantiate = keep as typeof instantiate
  try {
    await initNostrWasm()
  } finally {
    WebAssembly.instantiate = instantiate
  }
  if (exports === undefined) throw new Error('nostr-wasm made no module')
  const { g: memory, i: allocate, o: createContext, p: parseKey, u: verify } = exports
  const context = createContext(FOR_VERIFYING)
  const check = allocate(CHECK_BYTES)
  const parsed = allocate(PARSED_KEY_BYTES)
  if (context === 0 || check === 0 || parsed === 0) throw new Error('nostr-wasm has no memory')
  return (checks, at) => {
    // The memory may have grown, and then has another buffer.
    new Uint8Array(memory.buffer).set(checks.subarray(at, at + CHECK_BYTES), check)
    return parseKey(context, parsed, check + 32) === 1 && verify(context, check + 64, check, 32, parsed) === 1
  }
}

import { createRustPeerbitOptions } from 'peerbit/rust'
import { peerbitLibrary } from './peerbit-library.ts'

/** With the documented preset of its parts in WebAssembly. */
export const library = peerbitLibrary(async () => ({ peer: createRustPeerbitOptions() }))

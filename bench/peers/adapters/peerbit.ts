import { peerbitLibrary } from './peerbit-library.ts'

/** As `Peerbit.create` and `open` are without further options. */
export const library = peerbitLibrary(async () => ({}))

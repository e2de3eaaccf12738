import { join } from 'node:path'
import { createBufferedNativeBackboneNodeCoordinatePersistence } from '@peerbit/native-backbone'
import { createRustPeerbitOptions } from 'peerbit/rust'
import { peerbitLibrary } from './peerbit-library.ts'

/** The configuration of its own fastest benchmark, but without the trimming to 100 documents. It does not replicate. */
export const library = peerbitLibrary(async (folder) => ({
  peer: createRustPeerbitOptions(),
  documents: {
    mode: 'native',
    nativeBackbone: {
      optional: false,
      documentIndex: true,
      coordinatePersistence: await createBufferedNativeBackboneNodeCoordinatePersistence(join(folder, 'coordinates')),
    },
    nativeGraph: true,
    replicate: false,
  },
  put: { unique: true },
}))

import { DocstoreError, releaseBytes } from '@p2p-docstore/core'
import { Command } from 'commander'
import { pour } from '../archive/pour.ts'
import { writeTarget } from '../archive/write-target.ts'
import type { Run } from '../context.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { byteText } from '../output/byte-text.ts'
import { FileBar } from '../output/file-bar.ts'
import { outputFile } from '../output/standard-streams.ts'
import { notEmpty } from '../settings.ts'
import { keepHeapSmall } from '../small-heap.ts'

/** `docstore file get NS CID` */
export function fileGetCommand(run: Run): Command {
  return new Command('get')
    .description('write a stored file; what has come of it is kept, so that a second try goes on from there')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<cid>', 'CID of the file')
    .requiredOption('-o, --output <file>', 'where to; - is standard output', (name: string) => outputFile(notEmpty(name)))
    .option('--force', 'write over a file that is there')
    .action((ns: string, cid: string, { output: target, force = false }: { output: string; force?: boolean }) =>
      run(async (context) => {
        using _small = keepHeapSmall()
        const { output, signal } = context
        await using store = await openStore(context)
        const namespace = await openToRead(context, store, ns)
        const bar = await FileBar.start(output)
        try {
          const file = await namespace.getFile(cid, { signal, onProgress: bar.update })
          if (file === undefined) throw new DocstoreError('not-found', `There is no file ${cid} in this namespace`)
          if (target === '-') {
            for await (const piece of passing(file)) await output.bytes(piece)
            return
          }
          const stream = (): AsyncIterable<Uint8Array> => passing(file)
          await writeTarget(target, { write: (handle, abort) => pour(handle, passing(file), abort), stream }, { signal, replaces: force })
          bar.stop()
          await output.result({ bytes: file.size, file: target }, () => `${target}: ${byteText(file.size)}`)
        } finally {
          bar.stop()
        }
      }),
    )
}

/** Pieces that are written as they come: what has been written takes no memory any more. */
async function* passing(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece
    releaseBytes(piece)
  }
}

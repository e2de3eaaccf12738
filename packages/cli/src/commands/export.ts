import type { FileHandle } from 'node:fs/promises'
import { DocstoreError, type Summary } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Namespace } from 'p2p-docstore'
import { streamCar, writeCar } from '../archive/car-writer.ts'
import { exportBlocks } from '../archive/export-blocks.ts'
import { writeTarget } from '../archive/write-target.ts'
import type { Context, Run } from '../context.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { notEmpty } from '../settings.ts'
import { outputFile } from '../standard-streams.ts'

/** `docstore export NS` */
export function exportCommand(run: Run): Command {
  return new Command('export')
    .description('write a namespace into one verifiable file')
    .argument('<ns>', 'id or name of the namespace')
    .option(
      '-o, --output <file>',
      'the file; - is standard output (default: standard output where it is piped, else the name of the namespace)',
      outputTo,
    )
    .action((ns: string, { output: target }: { output?: string }) =>
      run(async (context) => {
        const { output, signal } = context
        await using store = await openStore(context)
        const namespace = await openToRead(context, store, ns)
        const file = target ?? (output.isJson || process.stdout.isTTY ? await fileName(namespace) : '-')
        let bytes = 0
        let exported: Summary | undefined
        const blocks = () => exportBlocks(store.replica, namespace.id, (summary) => (exported = summary))
        async function write(handle: FileHandle): Promise<void> {
          await writeCar(handle, blocks(), signal)
          bytes = (await handle.stat()).size
        }
        async function* stream(): AsyncGenerator<Uint8Array> {
          for await (const chunk of streamCar(blocks(), signal)) {
            bytes += chunk.length
            yield chunk
          }
        }
        await (file === '-' ? writeOut(context, stream()) : writeTarget(file, { write, stream }, signal))
        // Of what is in the file, whatever is written meanwhile.
        if (exported === undefined) throw new DocstoreError('internal', 'The export ended without saying what is in it')
        const { documents, root } = exported
        const text = `${documents} documents, ${bytes} bytes, root ${root}`
        if (file === '-') output.note(text)
        else await output.result({ documents, bytes, root, file }, () => `${file}: ${text}`)
      }),
    )
}

function outputTo(name: string): string {
  return outputFile(notEmpty(name))
}

async function fileName(namespace: Namespace): Promise<string> {
  const name = (await namespace.info())?.name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') ?? ''
  return `${name === '' ? namespace.id : name}.car`
}

async function writeOut({ output }: Context, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await output.bytes(chunk)
}

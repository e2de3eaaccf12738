import type { FileHandle } from 'node:fs/promises'
import { DocstoreError, type FileKey, type Summary } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Docstore, Namespace } from 'p2p-docstore'
import { streamCar, writeCar } from '../archive/car-writer.ts'
import { exportBlocks } from '../archive/export-blocks.ts'
import { writeTarget } from '../archive/write-target.ts'
import { commandText } from '../command-text.ts'
import type { Context, Run } from '../context.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { byteText } from '../output/byte-text.ts'
import { notEmpty } from '../settings.ts'
import { outputFile } from '../output/standard-streams.ts'

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
    .option('--force', 'write over a file that is there')
    .option('--no-files', 'leave the bytes of files out; the documents that name them are there all the same')
    .action((ns: string, { output: target, force = false, files: withFiles }: { output?: string; force?: boolean; files: boolean }) =>
      run(async (context) => {
        const { output, signal } = context
        await using store = await openStore(context)
        const namespace = await openToRead(context, store, ns)
        const file = target ?? (output.isJson || process.stdout.isTTY ? await fileName(store, namespace) : '-')
        const files = withFiles ? await filesToExport(context, namespace) : []
        let bytes = 0
        let exported: Summary | undefined
        const blocks = () => exportBlocks(store.replica, namespace.id, { files, onEnd: (summary) => (exported = summary) })
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
        await (file === '-' ? writeOut(context, stream()) : writeTarget(file, { write, stream }, { signal, replaces: force }))
        // Of what is in the file, whatever is written meanwhile.
        if (exported === undefined) throw new DocstoreError('internal', 'The export ended without saying what is in it')
        const { documents, root } = exported
        const text = `${documents} documents${files.length === 0 ? '' : `, ${files.length} files`}, ${bytes} bytes, root ${root}`
        if (file === '-') output.note(text)
        else await output.result({ documents, files: files.length, bytes, root, file }, () => `${file}: ${text}`)
      }),
    )
}

function outputTo(name: string): string {
  return outputFile(notEmpty(name))
}

/** The files that go with it: those of which all is here. Says how large they are, and what is left out. */
async function filesToExport({ output, settings }: Context, namespace: Namespace): Promise<readonly FileKey[]> {
  const all = await namespace.listFiles()
  const here = new Map(all.filter((one) => one.here).map(({ cid, bytes }) => [cid, { cid, size: bytes }]))
  const files = [...here.values()]
  const size = files.reduce((sum, one) => sum + one.size, 0)
  if (files.length > 0)
    output.note(`With ${files.length === 1 ? 'a file' : `${files.length} files`} of ${byteText(size)}; --no-files leaves the bytes out.`)
  const missing = new Set(all.filter(({ cid }) => !here.has(cid)).map(({ cid }) => cid)).size
  if (missing > 0)
    output.note(
      `${missing === 1 ? 'A file is' : `${missing} files are`} not here, so only the documents that name them are in it. \`${commandText(settings, 'file get NS CID')}\` fetches one.`,
    )
  return files
}

/** Its name, with the end of its id where another namespace here has the same. */
async function fileName(store: Docstore, { id }: Namespace): Promise<string> {
  const all = await store.namespaces.list()
  const given = all.find((one) => one.id === id)?.name ?? ''
  const name = given.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '')
  const isRepeated = all.some((one) => one.name === given && one.id !== id)
  return `${name === '' ? id : isRepeated ? `${name}-${id.slice(-8)}` : name}.car`
}

async function writeOut({ output }: Context, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await output.bytes(chunk)
}

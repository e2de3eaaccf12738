import { releaseBytes, utf8 } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { ContentFile } from 'p2p-docstore'
import { pour } from '../archive/pour.ts'
import { writeTarget } from '../archive/write-target.ts'
import type { Context, Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { byteText } from '../output/byte-text.ts'
import { outputFile } from '../output/standard-streams.ts'
import { notEmpty } from '../settings.ts'
import { keepHeapSmall } from '../small-heap.ts'

/** `docstore cat CID` */
export function catCommand(run: Run): Command {
  return new Command('cat')
    .description('print what a CID names, from this folder or from any relay of the network: a document, or the bytes of a file')
    .argument('<cid>', 'CID of a document or of a file, in any of its forms')
    .option('-o, --output <file>', 'where to; - is standard output', (name: string) => outputFile(notEmpty(name)), '-')
    .option('--force', 'write over a file that is there')
    .option('--meta', 'of a document, with who wrote it, where that is known here, or who gave it')
    .action((cid: string, options: { output: string; force?: boolean; meta?: boolean }) =>
      run(async (context) => {
        using _small = keepHeapSmall()
        const { settings, signal, output } = context
        await using store = await openStore(context)
        // The relays that are known get a moment to be reached.
        await store.network?.connected({ timeoutMs: settings.reachMs, signal })
        const content = await store.content(cid, { timeoutMs: settings.timeoutMs, signal })
        // The store is open until all of it was written.
        if (content.kind === 'file') return await writeFile(context, content, options)
        const { document, here = null, from = null } = content
        if (options.meta === true) return output.json({ document, cid: content.cid, here, from })
        // For programs it stays letter by letter what the CID names.
        if (options.output === '-') return output.isForPerson ? output.json(document) : output.bytes(utf8(`${content.text}\n`))
        await writeTo(context, content.cid, [utf8(content.text)], options)
      }),
    )
}

async function writeFile(context: Context, file: ContentFile, { output: target, force = false }: { output: string; force?: boolean }): Promise<void> {
  if (target === '-') {
    for await (const piece of passing(file)) await context.output.bytes(piece)
    return
  }
  await writeTo(context, file.cid, passing(file), { output: target, force })
}

async function writeTo(
  { output, signal }: Context,
  cid: string,
  chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  { output: file, force = false }: { output: string; force?: boolean },
): Promise<void> {
  let bytes = 0
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length
      yield chunk
    }
  }
  await writeTarget(file, { write: (handle, abort) => pour(handle, counted(), abort), stream: counted }, { signal, replaces: force })
  await output.result({ cid, bytes, file }, () => `${file}: ${byteText(bytes)}`)
}

/** Pieces that are written as they come: what has been written takes no memory any more. */
async function* passing(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece
    releaseBytes(piece)
  }
}

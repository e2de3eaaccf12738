import { Command } from 'commander'
import type { Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText } from '../copies.ts'
import { waitForFileCopies } from '../file-copies.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { byteText } from '../output/byte-text.ts'
import { FileBar } from '../output/file-bar.ts'
import { inputFile } from '../output/standard-streams.ts'
import { notEmpty } from '../settings.ts'
import { keepHeapSmall } from '../small-heap.ts'

/** `docstore file put NS FILE` */
export function filePutCommand(run: Run): Command {
  const command = new Command('put')
    .description('store a file')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<file>', 'the file; - is standard input', inputFile)
    .option('--name <name>', 'what it is called (default: the name of the file)', notEmpty)
    .option('--type <type>', 'its media type, such as image/png (default: what the name of the file says)', notEmpty)
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, file: string, options: CopiesOptions & { name?: string; type?: string }) =>
    run(async (context) => {
      using _small = keepHeapSmall()
      const { output, signal } = context
      await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
      const namespace = await openHere(context, store, ns)
      const bar = await FileBar.start(output)
      try {
        const { name, type } = options
        const { cid, bytes } = await namespace.putFile(file === '-' ? process.stdin : file, { name, type, signal, onProgress: bar.update })
        bar.stop()
        const copies = await waitForFileCopies(context, store, namespace, cid, options)
        await output.result({ cid, bytes, copies }, () => `${cid}  ${byteText(bytes)}, ${copiesText(copies)}`)
      } finally {
        bar.stop()
      }
    }),
  )
}

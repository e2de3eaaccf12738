import { createReadStream } from 'node:fs'
import { addAbortSignal } from 'node:stream'
import { Command } from 'commander'
import { openCar } from '../archive/car-reader.ts'
import { readExportHead, restore } from '../archive/restore.ts'
import { commandText } from '../command-text.ts'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { inputFile } from '../output/standard-streams.ts'

/** `docstore restore FILE` */
export function restoreCommand(run: Run): Command {
  return new Command('restore')
    .description('take in a namespace from a file that `export` wrote')
    .argument('<file>', 'the file; - is standard input', inputFile)
    .action((file: string) =>
      run(async (context) => {
        const input = addAbortSignal(context.signal, file === '-' ? process.stdin : createReadStream(file))
        const car = await openCar(input)
        const head = await readExportHead(car)
        // A fresh folder gets its network from the file.
        await using store = await openStore(context, { network: 'off', descriptor: head.network })
        const { id, files } = await restore(store.replica, head, car.blocks)
        const { root, documents } = await store.replica.summary(id)
        const bytes = car.bytesRead()
        const here = (await store.networks()).find((one) => one.id === store.info.network.id)
        if (here?.isUsed === false)
          context.output.note(
            `It is in the network "${here.name}", beside the one that commands work in: \`${commandText(context.settings, 'network use NETWORK')}\`, or --network`,
          )
        const withFiles = files === 0 ? '' : `, ${files} files`
        await context.output.result(
          { documents, files, bytes, root, id },
          () => `${id}\n${documents} documents${withFiles}, ${bytes} bytes, root ${root}`,
        )
      }),
    )
}

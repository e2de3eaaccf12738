import { Command } from 'commander'
import type { Run } from '../context.ts'
import { openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { byteText } from '../output/byte-text.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore file list NS` */
export function fileListCommand(run: Run): Command {
  return new Command('list')
    .description('the files of a namespace')
    .argument('<ns>', 'id or name of the namespace')
    .action((ns: string) =>
      run(async (context) => {
        await using store = await openStore(context)
        const files = await (await openToRead(context, store, ns)).listFiles()
        const rows = files.map(({ cid, name, type, bytes, here }) => ({ cid, name: name ?? null, type: type ?? null, bytes, here }))
        await context.output.result(rows, () =>
          rows.length === 0
            ? 'There are no files.'
            : textTable(rows.map(({ cid, name, bytes, here }) => [name ?? '-', byteText(bytes), here ? 'here' : 'at others', cid])),
        )
      }),
    )
}

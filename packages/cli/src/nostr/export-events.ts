import type { NostrFilter, ReplicaNostr } from '@p2p-docstore/core/nostr'
import { Command } from 'commander'
import { writeTarget } from '../archive/write-target.ts'
import type { Context, Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { outputFile } from '../output/standard-streams.ts'
import { notEmpty } from '../settings.ts'
import { filterOption } from './filter-option.ts'

/** Events that are read at a time. */
const PAGE = 500

interface ExportEventsOptions {
  readonly output: string
  readonly filter?: NostrFilter
  readonly force?: true
}

/** `docstore nostr export` */
export function exportEventsCommand(run: Run): Command {
  return new Command('export')
    .description('write events as JSONL, the newest first: what other relays and `nostr import` read')
    .option('-o, --output <file>', 'the file; - is standard output', (name) => outputFile(notEmpty(name)), '-')
    .option('--force', 'write over a file that is there')
    .addOption(filterOption())
    .action((options: ExportEventsOptions) => run((context) => exportEvents(context, options)))
}

async function exportEvents(context: Context, { output: file, filter = {}, force }: ExportEventsOptions): Promise<void> {
  const { output, signal } = context
  await using store = await openStore(context)
  const nostr = await store.replica.nostr()
  let events = 0
  async function* lines(): AsyncGenerator<Uint8Array> {
    for await (const page of pages(nostr, filter)) {
      signal.throwIfAborted()
      events += page.length
      yield Buffer.from(page.map((json) => `${json}\n`).join(''))
    }
  }
  if (file === '-') {
    for await (const chunk of lines()) await output.bytes(chunk)
    return output.note(`${events} events`)
  }
  await writeTarget(
    file,
    {
      write: async (handle) => {
        for await (const chunk of lines()) await handle.write(chunk)
      },
      stream: lines,
    },
    { signal, replaces: force === true },
  )
  await output.result({ events, file }, () => `${file}: ${events} events`)
}

/** JSON of all that match, a page at a time. */
async function* pages(nostr: ReplicaNostr, filter: NostrFilter): AsyncGenerator<readonly string[]> {
  let left = filter.limit ?? Number.POSITIVE_INFINITY
  for (let after: Awaited<ReturnType<ReplicaNostr['page']>>['end']; left > 0; ) {
    const { events, end } = await nostr.page(filter, { limit: Math.min(PAGE, left), ...(after === undefined ? {} : { after }) })
    if (events.length > 0) yield events.map(({ json }) => json)
    left -= events.length
    if (end === undefined) return
    after = end
  }
}

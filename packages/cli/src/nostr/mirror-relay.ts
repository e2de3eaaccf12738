import type { NostrFilter } from '@p2p-docstore/core/nostr'
import { mirror, type MirrorProgress } from '@p2p-docstore/relay'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { filterOption } from './filter-option.ts'

/** How often a person hears how far it is, milliseconds. */
const TELL_MS = 1000

interface MirrorOptions {
  readonly filter?: NostrFilter
  readonly direction: 'down' | 'up' | 'both'
  readonly until?: number
}

/** `docstore nostr mirror URL` */
export function mirrorCommand(run: Run): Command {
  return new Command('mirror')
    .description(
      'make events here and at another relay of Nostr equal: by comparing sets (NIP-77), else page by page. Broken off, it does what is left when it is begun again',
    )
    .argument('<url>', 'address of the relay, such as wss://relay.example')
    .addOption(filterOption())
    .addOption(new Option('--direction <way>', 'down: what is there comes here; up: the other way').choices(['down', 'up', 'both']).default('down'))
    .option('--until <seconds>', 'where pages that were broken off had come to', parseSeconds)
    .action((url: string, { filter, direction, until }: MirrorOptions) =>
      run(async (context) => {
        const { output, signal } = context
        await using store = await openStore(context)
        const nostr = await store.replica.nostr()
        let told = 0
        const onProgress = (progress: MirrorProgress): void => {
          if (!output.showsProgress || performance.now() - told < TELL_MS) return
          told = performance.now()
          output.note(textOf(progress))
        }
        const { lost, lostCount, ...done } = await mirror({
          url,
          nostr,
          direction,
          ...(filter === undefined ? {} : { filter }),
          ...(until === undefined ? {} : { until }),
          onProgress,
          signal,
        })
        for (const id of lost) output.note(`The relay names ${id} and does not give it.`)
        await output.result({ ...done, lost, lostCount }, () => `${textOf(done)}.`)
      }),
    )
}

function textOf({ by, until, fetched, stored, sent, taken }: MirrorProgress): string {
  const how = by === 'compare' ? 'Compared' : `Read page by page${until === undefined ? '' : `, back to ${until}`}`
  return `${how}: ${fetched} events fetched, ${stored} of them stored; ${sent} sent, ${taken} of them taken`
}

function parseSeconds(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a time in seconds, as events have it.')
  return Number(text)
}

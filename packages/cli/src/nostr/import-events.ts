import { DocstoreError } from '@p2p-docstore/core'
import type { NostrEvent, NostrOutcome } from '@p2p-docstore/core/nostr'
import { Command } from 'commander'
import type { Run } from '../context.ts'
import { MAX_LISTED } from '../limits.ts'
import { openStore } from '../open-store.ts'
import { inputFile } from '../output/standard-streams.ts'
import { readEvents } from './read-events.ts'

/** Events that are checked and stored at a time. */
const TOGETHER = 500
/** Events after which a person hears how far it is. */
const TELL_EVERY = 10_000

/** `docstore nostr import FILE` */
export function importEventsCommand(run: Run): Command {
  return new Command('import')
    .description('store events of a JSONL file, each checked as one that a client brings')
    .argument(
      '<file>',
      'the file, packed or not, with an event or a frame of a relay in each line, or an array of events; - is standard input',
      inputFile,
    )
    .action((file: string) =>
      run(async (context) => {
        const { output, signal } = context
        await using store = await openStore(context)
        const nostr = await store.replica.nostr()
        const outcomes: Partial<Record<NostrOutcome, number>> = {}
        let [read, listed] = [0, 0]
        const refuse = (line: number, outcome: NostrOutcome): void => {
          if (++listed <= MAX_LISTED) output.note(`Line ${line} is not stored: ${outcome}`)
        }
        const count = (outcome: NostrOutcome): void => void (outcomes[outcome] = (outcomes[outcome] ?? 0) + 1)
        let group: { readonly line: number; readonly event: NostrEvent }[] = []
        const flush = async (): Promise<void> => {
          const found = await nostr.put(group.map(({ event }) => event))
          for (const [i, outcome] of found.entries()) {
            count(outcome)
            if (REFUSED.has(outcome)) refuse(group[i]?.line ?? 0, outcome)
          }
          group = []
        }
        for await (const { line, event, reason } of readEvents(file, signal)) {
          if (event === undefined) {
            const outcome = reason === 'too-large' ? 'too-large' : 'malformed'
            count(outcome)
            refuse(line, outcome)
          } else group.push({ line, event })
          if (++read % TELL_EVERY === 0 && output.showsProgress) output.note(`${read} events read`)
          if (group.length === TOGETHER) await flush()
          if (signal.aborted) break
        }
        await flush()
        if (listed > MAX_LISTED) output.note(`${listed - MAX_LISTED} more are not stored.`)
        const text = `${read} events read: ${Object.entries(outcomes)
          .map(([outcome, times]) => `${times} ${outcome}`)
          .join(', ')}`
        if (signal.aborted) throw new DocstoreError('interrupted', `Interrupted. ${text}; kept here`, { details: { read, ...outcomes } })
        await output.result({ read, outcomes }, () => `${text}.`)
      }),
    )
}

/** What says something about the file: that others are newer, or that their authors want them gone, does not. */
const REFUSED: ReadonlySet<NostrOutcome> = new Set(['full', 'bad-signature', 'malformed', 'too-large', 'future'])

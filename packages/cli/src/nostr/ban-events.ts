import { isHex32 } from '@p2p-docstore/core/nostr'
import { Command, InvalidArgumentError } from 'commander'
import type { Run } from '../context.ts'
import { openStore } from '../open-store.ts'

/** `docstore nostr ban ID…` */
export function banEventsCommand(run: Run): Command {
  return new Command('ban')
    .description('take events away from this data, and never take them again; other relays keep theirs')
    .argument('<ids...>', 'ids of events, 64 hexadecimal digits each', parseIds)
    .action((ids: readonly string[]) =>
      run(async (context) => {
        await using store = await openStore(context)
        const removed = await (await store.replica.nostr()).ban(ids)
        await context.output.result({ banned: ids.length, removed }, () => `${ids.length} ids are banned; ${removed} of the events were here.`)
      }),
    )
}

function parseIds(id: string, before: readonly string[] = []): readonly string[] {
  if (!isHex32(id)) throw new InvalidArgumentError('An id is 64 lower-case hexadecimal digits.')
  return [...before, id]
}

import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { Option } from 'commander'
import type { Docstore, Namespace } from 'p2p-docstore'
import { commandText } from './command-text.ts'
import { noteClock } from './output/clock-notes.ts'
import type { Context } from './context.ts'
import { noteNews } from './people/note-news.ts'
import { wholeNumber } from './settings.ts'

/** How many relays have to confirm a write. */
export interface CopiesOptions {
  readonly copies: number
  readonly offline?: boolean
}

/** The options of every command that writes. */
export function copiesOptions(): Option[] {
  return [
    new Option('--copies <n>', 'relays that have to hold a copy before the command ends').default(1).argParser(wholeNumber(0, 100)),
    new Option('--offline', 'wait for no relay'),
  ]
}

/** Waits until so many relays hold everything that was written; resolves with how many do when the time is over without one more step. */
export async function waitForCopies(context: Context, store: Docstore, namespace: Namespace, options: CopiesOptions): Promise<number> {
  const copies = await copiesOf(context, store, namespace, options)
  await noteClock(context, store, namespace)
  await noteNews(context, store)
  return copies
}

async function copiesOf(
  { settings, output, signal }: Context,
  { network }: Docstore,
  namespace: Namespace,
  { copies: wanted, offline = false }: CopiesOptions,
): Promise<number> {
  const copies = offline ? 0 : wanted
  if (copies === 0) return 0
  if (network === undefined || (!(await network.isRelay()) && !(await network.peers()).some(({ role }) => role === 'relay'))) {
    output.note(`No relay is known, so this is the only copy. \`${commandText(settings, 'join LINK')}\` joins a network.`)
    return 0
  }
  try {
    return (await namespace.delivered({ copies, timeoutMs: settings.timeoutMs, signal })).length
  } catch (error) {
    if (errorCode(error) !== 'not-delivered') throw error
    const { copies: confirmed, reason } = error instanceof DocstoreError ? error.details : {}
    // Nobody ever takes it, however often it is tried.
    if (reason === 'revoked' || reason === 'no-device') throw new DocstoreError(reason, errorMessage(error), { cause: error })
    output.note(
      typeof reason !== 'string'
        ? `${Number(confirmed)} of ${copies} relays confirmed in time. Everything is kept here, and sent as soon as a relay is reached.`
        : `${errorMessage(error)} (${reason}).`,
    )
    return Number(confirmed)
  }
}

/** What a person reads about the copies of a write. */
export function copiesText(copies: number): string {
  return copies === 0 ? 'kept here' : copies === 1 ? 'kept here and by 1 relay' : `kept here and by ${copies} relays`
}

import { Command } from 'commander'
import type { Docstore, Present } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { namespaceId } from '../namespace-id.ts'
import { openStore } from '../open-store.ts'

const PLACE = 'a namespace that is here, by its id or name; or any text, for those who use the same one'

/** `docstore presence …` */
export function presenceCommand(run: Run): Command {
  return new Command('presence')
    .description('who is here now: nobody hears of you unless you enter a place')
    .addCommand(enterCommand(run))
    .addCommand(watchCommand(run))
}

function enterCommand(run: Run): Command {
  return new Command('enter')
    .description('let others see that you are in a place until you press Ctrl+C, and print who comes and goes, one per line')
    .argument('<place>', PLACE)
    .option('--note <text>', 'one line that others see beside your name')
    .action((place: string, { note }: { note?: string }) =>
      run(async (context) => {
        await using store = await openReached(context)
        const id = await placeOf(store, place)
        await using stay = await store.presence.enter(id, note === undefined ? {} : { note })
        void stay
        context.output.note(`You are in ${JSON.stringify(place)}, and others see it. Press Ctrl+C to leave.`)
        await tell(context, store, id)
      }),
    )
}

function watchCommand(run: Run): Command {
  return new Command('watch')
    .description('print who comes to a place and goes, one per line, without being seen there')
    .argument('<place>', PLACE)
    .action((place: string) =>
      run(async (context) => {
        await using store = await openReached(context)
        const id = await placeOf(store, place)
        context.output.note(`Looking at ${JSON.stringify(place)}. Press Ctrl+C to stop.`)
        await tell(context, store, id)
      }),
    )
}

async function openReached(context: Context): Promise<Docstore> {
  const { settings, output, signal } = context
  const store = await openStore(context, { network: 'on' })
  const reached = await store.network?.reach({ timeoutMs: settings.reachMs, signal })
  if (reached === 0 && (await store.network?.isRelay()) === false) output.note('No relay could be reached yet; it is tried again all the time.')
  return store
}

/** A place that is no namespace here is a text that others know. */
async function placeOf(store: Docstore, text: string): Promise<string> {
  const isHere = (await store.namespaces.list()).some(({ id, name }) => id === text || name === text)
  return isHere ? namespaceId(store, text) : text
}

/** Prints what changes from one list to the next. */
async function tell({ output, signal }: Context, store: Docstore, place: string): Promise<void> {
  let before = new Map<string, Present>()
  for await (const list of store.presence.watch(place, { signal })) {
    const now = new Map(list.map((one) => [one.device, one]))
    for (const one of now.values()) {
      const last = before.get(one.device)
      if (last === undefined) await output.lines([{ type: 'came', ...shown(one) }])
      else if (last.note !== one.note || last.who !== one.who) await output.lines([{ type: 'changed', ...shown(one) }])
    }
    for (const one of before.values()) if (!now.has(one.device)) await output.lines([{ type: 'left', ...shown(one) }])
    before = now
  }
}

function shown({ who, device, isMe, note, claims }: Present): Readonly<Record<string, unknown>> {
  return { who, device, isMe, note: note ?? null, ...(claims === undefined ? {} : { claims }) }
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createDocstore, type Docstore, type MoveProgress } from 'p2p-docstore'
import { commandText } from './command-text.ts'
import type { Context } from './context.ts'
import { noteNews } from './people/note-news.ts'
import type { Output } from './output/output.ts'

/**
 * Opens the data folder, through the process that has it open already where there is one. `network` is as in `createDocstore`: most
 * commands connect where a relay is known. A network that the link adds to the folder is told of, unless the command does so itself.
 */
export async function openStore(
  context: Context,
  {
    network = 'auto',
    descriptor,
    moves = false,
    saysBeside = true,
    person,
  }: { person?: 'new'; network?: 'on' | 'off' | 'auto'; descriptor?: Uint8Array; moves?: boolean; saysBeside?: boolean } = {},
): Promise<Docstore> {
  const { settings, output } = context
  const { data, join, network: inNetwork } = settings
  const moving = new MovingNotes(output)
  const hadData = hasData(data)
  const store = await createDocstore({
    data,
    network,
    networks: 'one',
    ...(inNetwork === undefined ? {} : { inNetwork }),
    ...(join === undefined ? {} : { join }),
    ...(descriptor === undefined ? {} : { descriptor }),
    moves,
    ...(person === undefined ? {} : { person }),
    onMove: moving.show,
  })
  moving.finish(store)
  if (join !== undefined && hadData && saysBeside) await noteBeside(store, context)
  if (store.isCopy) output.note(COPY_NOTE)
  // Of what the commands before have heard.
  await noteNews(context, store)
  return store
}

/** A link of another network by mistake must not go unnoticed. */
async function noteBeside(store: Docstore, { output, settings }: Context): Promise<void> {
  const networks = await store.networks()
  const joined = networks.find(({ isNew }) => isNew)
  if (joined === undefined) return
  const others = networks.filter(({ id }) => id !== joined.id).map(({ name }) => JSON.stringify(name))
  output.note(
    `Joined the network ${JSON.stringify(joined.name)} beside ${others.join(', ')}. Commands work in it from now on: \`${commandText(settings, 'network use NETWORK')}\` changes that, --network NAME for one command.`,
  )
}

/** How often it is said how far a move has come, milliseconds. */
const MOVING_NOTE_MS = 1000

/** Tells a person that documents move to the network that is joined. */
class MovingNotes {
  readonly #output: Output
  #saidAt = Number.NEGATIVE_INFINITY
  #total: number | undefined

  constructor(output: Output) {
    this.#output = output
  }

  readonly show = ({ done, total }: MoveProgress): void => {
    this.#total = total
    if (performance.now() < this.#saidAt + MOVING_NOTE_MS) return
    this.#saidAt = performance.now()
    this.#output.note(`Moving documents to the network: ${done} of ${total} …`)
  }

  finish({ info: { network } }: Docstore): void {
    if (this.#total === undefined) return
    this.#output.note(
      `The documents of this folder are in the network "${network.name}" now. Their namespaces have other ids there; their names and the ids of before go on working here.`,
    )
  }
}

/** What people are told of a data folder that is a copy. */
export const COPY_NOTE: string =
  'This data folder is a copy of another one, or was moved to another disk: it has a database id and a peer key of its own from now on. The identity is the same.'

/** Whether a folder has data in it already; opening one that has none makes it. */
export function hasData(folder: string): boolean {
  return existsSync(join(folder, 'docstore.db'))
}

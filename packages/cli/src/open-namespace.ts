import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { type Docstore, isShutOut, type Namespace } from 'p2p-docstore'
import { commandText } from './command-text.ts'
import { noteClock } from './output/clock-notes.ts'
import type { Context } from './context.ts'
import { noteNews } from './people/note-news.ts'
import { namespaceId } from './namespace-id.ts'

/** Opens a namespace to read: up to date with the relays that are reachable, else as it is here. Throws `unknown-namespace`. */
export async function openToRead(context: Context, store: Docstore, text: string): Promise<Namespace> {
  const namespace = await store.namespaces.open(await namespaceId(store, text))
  await freshen(context, store, namespace)
  await noteClock(context, store, namespace)
  await noteRefused(context, namespace)
  return known(namespace)
}

/** Says that something which was written here before the namespace arrived, or before its end was heard of, is not among its documents. */
async function noteRefused({ output, settings }: Context, namespace: Namespace): Promise<void> {
  const refused = (await namespace.pending()).filter((one) => one.refused !== undefined).length
  if (refused === 0) return
  const subject =
    refused === 1 ? '1 change that was written here was refused, and waits' : `${refused} changes that were written here were refused, and wait`
  output.note(`${subject} for you: \`${commandText(settings, 'namespace pending NS')}\` shows it, --drop gives it up`)
}

/** Opens a namespace as it is here, to write or to look at what lies in this folder. One that is not here yet is asked for; else nobody is waited for. */
export async function openHere(context: Context, store: Docstore, text: string): Promise<Namespace> {
  const namespace = await store.namespaces.open(await namespaceId(store, text))
  if ((await namespace.info()) === undefined) await freshen(context, store, namespace)
  return known(namespace)
}

/**
 * Opens a namespace to write. Where nobody could be asked for one that is not here, it takes writes all the same: they wait for it. Throws
 * `unknown-namespace` where a relay was reached and none has it: then it is likelier that the id is wrong.
 */
export async function openToWrite(context: Context, store: Docstore, text: string): Promise<{ namespace: Namespace; isHere: boolean }> {
  const namespace = await store.namespaces.open(await namespaceId(store, text))
  if ((await namespace.info()) === undefined) await freshen(context, store, namespace)
  const arrival = await namespace.arrival()
  if (arrival === 'absent') {
    throw new DocstoreError(
      'unknown-namespace',
      `No relay that was reached has the namespace ${namespace.id}. Check the id; with --offline, what put and delete write is kept until it arrives`,
    )
  }
  if (arrival === 'searching') context.output.note(`The namespace ${namespace.id} ${notHere(context)}`)
  return { namespace, isHere: arrival === 'here' }
}

function notHere({ settings }: Context): string {
  return `is not here yet, and nobody was asked for it. This is kept on this machine until it arrives, and judged then: \`${commandText(settings, 'namespace pending NS')}\` shows what waits`
}

/** Makes a namespace equal with the relays that can be reached soon; says so where that is not possible. */
export async function freshen(context: Context, store: Docstore, { id }: Pick<Namespace, 'id'>): Promise<void> {
  const {
    settings: { timeoutMs, reachMs },
    output,
    signal,
  } = context
  const { network } = store
  const relays = (await network?.peers())?.filter(({ role }) => role === 'relay') ?? []
  if (network === undefined || relays.length === 0) return
  if ((await network.reach({ timeoutMs: reachMs, signal })) === 0) {
    signal.throwIfAborted()
    const shutOut = (await network.peers()).find(isShutOut)
    output.note(
      shutOut === undefined ? 'No relay could be reached: this is what is here.' : `This is what is here. ${shutOut.error} (${shutOut.errorCode}).`,
    )
    return
  }
  try {
    await network.sync(id, { timeoutMs, connectedOnly: true, signal })
    await noteNews(context, store)
  } catch (error) {
    signal.throwIfAborted()
    if (errorCode(error) === 'owner-gone') throw error
    output.note(`This is what is here; it may not be up to date. ${errorMessage(error)}.`)
  }
}

async function known(namespace: Namespace): Promise<Namespace> {
  if ((await namespace.info()) === undefined) {
    throw new DocstoreError('unknown-namespace', `The namespace ${namespace.id} is neither here nor at a relay that can be reached`)
  }
  return namespace
}

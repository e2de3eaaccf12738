import { errorMessage } from '@p2p-docstore/core'
import type { Docstore } from 'p2p-docstore'
import type { Context } from '../context.ts'
import { noteNews } from './note-news.ts'

/** Learns of what other devices did to this person, from the relays that can be reached soon: their namespaces bring it. */
export async function freshenPerson(context: Context, store: Docstore): Promise<void> {
  await freshen(context, store)
  await noteNews(context, store)
}

async function freshen({ settings: { timeoutMs, reachMs }, output, signal }: Context, { network, namespaces, me }: Docstore): Promise<void> {
  const own = (await namespaces.list()).filter(({ owner }) => owner === me)
  if (network === undefined || own.length === 0 || !(await network.peers()).some(({ role }) => role === 'relay')) return
  if ((await network.reach({ timeoutMs: reachMs, signal })) === 0) {
    signal.throwIfAborted()
    output.note('No relay could be reached: this is what is known here.')
    return
  }
  for (const { id } of own) {
    try {
      await network.sync(id, { timeoutMs, connectedOnly: true, signal })
    } catch (error) {
      signal.throwIfAborted()
      output.note(`This is what is known here; it may not be up to date. ${errorMessage(error)}.`)
      return
    }
  }
}

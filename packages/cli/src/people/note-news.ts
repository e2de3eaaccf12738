import type { Docstore } from 'p2p-docstore'
import type { Context } from '../context.ts'

/** Says what other devices did to this person, where this folder has just heard of it: a device that nobody of theirs added has to be seen. */
export async function noteNews({ output }: Pick<Context, 'output'>, store: Docstore): Promise<void> {
  if (store.info.person === undefined) return
  for (const { message } of await store.person.news()) output.note(message)
}

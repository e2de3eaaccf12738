import { type ClockReport, type Docstore, durationText, heldBackFix, heldBackText, type Namespace } from 'p2p-docstore'
import type { Context } from '../context.ts'

/** Says on standard error what of a namespace is held back, and what the relays say about the clock here; nothing where all is well. */
export async function noteClock({ output }: Pick<Context, 'output'>, store: Docstore, namespace: Namespace): Promise<void> {
  const held = await namespace.held()
  if (held.records > 0) output.note(`${heldBackText(held)}. ${heldBackFix(held)}.`)
  const text = clockText(await store.clock())
  if (text !== undefined) output.note(text)
}

/** What is wrong with clocks, in a sentence; `undefined` where nothing is, as far as is known. */
export function clockText({ state, aheadMs, wrong }: ClockReport): string | undefined {
  const difference = `${durationText(aheadMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'}`
  switch (state) {
    case 'wrong':
      return `The clock here is wrong: it is ${difference} that of most relays. Set it right.`
    case 'disputed':
      return `The clock here is ${difference} that of the relay; one of them is wrong. \`docstore doctor\` tells more.`
    case 'right':
      return wrong.length === 0
        ? undefined
        : `The clock of ${wrong.length === 1 ? 'a relay is' : `${wrong.length} relays are`} wrong: \`docstore doctor\` tells of which.`
    case 'unknown':
      return undefined
  }
}

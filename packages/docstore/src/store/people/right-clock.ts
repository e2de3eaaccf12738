import { DocstoreError } from '@p2p-docstore/core'
import { durationText } from '../../network/timing/index.ts'
import type { Network } from '../../network/types.ts'

/** Throws `clock-skew` where relays say that the clock here is ahead: nobody would take what a device signs for its person, or says of roles, before that time. */
export async function assertRightClock(network: Network | undefined): Promise<void> {
  const { state, aheadMs } = (await network?.clock()) ?? { state: 'unknown', aheadMs: 0 }
  if ((state !== 'wrong' && state !== 'disputed') || aheadMs <= 0) return
  throw new DocstoreError(
    'clock-skew',
    `The clock here is ${durationText(aheadMs)} ahead of that of the relays, so nobody would take this before then. Nothing was changed: set it right and try again`,
  )
}

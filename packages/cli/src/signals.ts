import { DocstoreError } from '@p2p-docstore/core'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Aborts with the first signal to end. A second one finds no listener, so it kills the process at once. */
export function untilSignal(): AbortSignal {
  const controller = new AbortController()
  const end = (): void => {
    for (const name of SIGNALS) process.off(name, end)
    controller.abort(new DocstoreError('interrupted', 'Interrupted'))
  }
  for (const name of SIGNALS) process.on(name, end)
  return controller.signal
}

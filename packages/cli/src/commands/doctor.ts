import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Diagnosis } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { REACH_TIMEOUT_MS } from '../limits.ts'
import { openStore } from '../open-store.ts'

/** What to do about a data folder that does not open, by error code. */
const FIXES: ReadonlyMap<string, string> = new Map([
  ['bad-link', 'Copy the join link again, all of it'],
  ['relay-unreachable', 'Start the relay, or ask for a current link'],
  ['bad-certificate', 'Start this with NODE_EXTRA_CA_CERTS=cert.pem, or give the relay a certificate of a public authority'],
  ['not-a-relay', 'Check the address in the link'],
  ['other-network', 'Join that network beside this one, with its link: docstore join LINK'],
  ['data-in-use', 'End the process that uses the folder, or use another one: --data DIR'],
  ['data-too-new', 'Update docstore'],
  [
    'data-corrupt',
    'Put the last backup in place: docstore relay restore FILE; or begin without documents, as the same identity: docstore relay restore --empty',
  ],
  [
    'data-missing',
    'Put the last backup in place: docstore relay restore FILE; or begin without documents, as the same identity: docstore relay restore --empty',
  ],
  ['other-identity', 'Put the database back that was there, or move identity.json away to go on with this one'],
])

/** `docstore doctor` */
export function doctorCommand(run: Run): Command {
  return new Command('doctor').description('find and name the commonest faults, with the fix; ends with 0 whether there are any or not').action(() =>
    run(async (context) => {
      const found = await diagnose(context)
      await context.output.result(found, () =>
        found
          .map(({ ok, check, message, fix }) => `${ok ? 'ok   ' : 'FAULT'}  ${check}: ${message}${fix === '' ? '' : `\n       ${fix}`}`)
          .join('\n'),
      )
    }),
  )
}

async function diagnose(context: Context): Promise<readonly Diagnosis[]> {
  const { settings, signal } = context
  try {
    await using store = await openStore(context, { network: 'on' })
    await store.network?.reach({ timeoutMs: Math.min(settings.timeoutMs, REACH_TIMEOUT_MS), signal })
    const opened: Diagnosis = {
      check: 'data',
      ok: true,
      fault: null,
      message: `${settings.data} opens; the network is "${store.info.network.name}"`,
      fix: '',
    }
    return [opened, ...(await store.doctor())]
  } catch (error) {
    signal.throwIfAborted()
    const fix = FIXES.get(errorCode(error)) ?? `Check that you may write in ${settings.data}`
    const fault = error instanceof DocstoreError ? error.code : 'storage'
    return [{ check: 'data', ok: false, fault, message: errorMessage(error), fix }]
  }
}

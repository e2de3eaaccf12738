import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { Command } from 'commander'
import type { Diagnosis } from 'p2p-docstore'
import { commandText, withData } from '../command-text.ts'
import type { Context, Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import type { Settings } from '../settings.ts'

/** What to do about a data folder that does not open. */
function fixOf(error: unknown, settings: Settings): string {
  const command = (text: string): string => commandText(settings, text)
  switch (errorCode(error)) {
    case 'bad-link':
      return 'Copy the join link again, all of it'
    case 'relay-unreachable':
      return 'Start the relay, or ask for a current link'
    case 'bad-certificate':
      return 'Start this with NODE_EXTRA_CA_CERTS=cert.pem, or give the relay a certificate of a public authority'
    case 'not-a-relay':
      return 'Check the address in the link'
    case 'other-network':
      return `Join that network beside this one, with its link: ${command('join LINK')}`
    case 'data-in-use':
      return 'End the process that uses the folder, or use another one: --data DIR'
    case 'data-too-new':
      return 'Update docstore'
    case 'data-corrupt':
    case 'data-missing':
      return `Put the last backup in place: ${command('relay restore FILE')}; or begin without documents, as the same identity: ${command('relay restore --empty')}`
    case 'other-identity':
      return 'Put the database back that was there, or move identity.json away to go on with this one'
    default:
      return `Check that you may write in ${settings.data}`
  }
}

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
    await store.network?.reach({ timeoutMs: settings.reachMs, signal })
    const opened: Diagnosis = {
      check: 'data',
      ok: true,
      fault: null,
      message: `${settings.data} opens; the network is "${store.info.network.name}"`,
      fix: '',
    }
    return [opened, ...(await store.doctor()).map((one) => ({ ...one, fix: withData(settings, one.fix) }))]
  } catch (error) {
    signal.throwIfAborted()
    const fix = fixOf(error, settings)
    const fault = error instanceof DocstoreError ? error.code : 'storage'
    return [{ check: 'data', ok: false, fault, message: errorMessage(error), fix }]
  }
}

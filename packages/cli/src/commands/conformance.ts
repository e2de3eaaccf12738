import { DocstoreError } from '@p2p-docstore/core'
import { Command, InvalidArgumentError } from 'commander'
import { examine, fetchWellKnown, type Finding, parseAddress, parseJoinLink } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { NegativeResult } from '../output/output.ts'

/** How long a relay may take to say which network it is in, and how it is reached, milliseconds. */
const ASK_TIMEOUT_MS = 5000

type Target = Pick<Parameters<typeof examine>[0], 'network' | 'addresses' | 'invitation'>

/** `docstore conformance ADDRESS` */
export function conformanceCommand(run: Run): Command {
  return new Command('conformance')
    .description('play peers against a peer, and say which clauses of the specification it keeps; ends with 1 where one that it must keep is unmet')
    .argument('<address>', 'a multiaddr, which needs --join for the network; or a join link, or the address of a page of a relay')
    .option('--read-only', 'leave nothing at the peer: try no clause that would')
    .option('--only <words>', 'look at clauses only whose name has one of these words in it, as half-close,put', words)
    .action((address: string, { readOnly = false, only }: { readOnly?: boolean; only?: readonly string[] }) =>
      run(async (context) => {
        const { output, signal } = context
        const target = await targetOf(address, context)
        const onFinding = output.isJson ? undefined : (finding: Finding): void => output.note(line(finding))
        const clauses = await examine({ ...target, isReadOnly: readOnly, signal, ...(only && { only }), ...(onFinding && { onFinding }) })
        const count = (result: Finding['result']): number => clauses.filter((one) => one.result === result).length
        const broken = clauses.filter(({ required, result }) => required && result === 'not met')
        const summary = { met: count('met'), notMet: count('not met'), notTried: count('not tried'), conforms: broken.length === 0 }
        const report = { network: target.network.id, addresses: target.addresses.map(String), ...summary, clauses }
        await output.result(report, () => `${summary.met} met, ${summary.notMet} not met, ${summary.notTried} not tried`)
        if (broken.length > 0) throw new NegativeResult(`${broken.length} clauses are not met`)
      }),
    )
}

/** Where the peer is, and in which network. */
async function targetOf(address: string, context: Context): Promise<Target> {
  const target = await findTarget(address, context)
  const { network, invitation } = target
  if (network.descriptor.admission === 'invite' && (invitation === undefined || invitation.seed === null))
    throw new DocstoreError(
      'not-invited',
      'The network admits only those who are invited. Make a link for this with `docstore invite`, without --for',
    )
  return target
}

async function findTarget(address: string, { settings: { join }, signal }: Context): Promise<Target> {
  const link = address.startsWith('/') ? join : address
  if (link === undefined)
    throw new DocstoreError('no-network', 'The address does not say which network the peer is in. Add its join link: --join LINK')
  const { network: linked, origins, invitation } = parseJoinLink(link)
  if (address.startsWith('/') && linked !== undefined) return { network: linked, addresses: [parseAddress(address)], invitation }
  const { network, addresses } = await fetchWellKnown(origins[0], AbortSignal.any([signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]))
  if (linked !== undefined && linked.id !== network.id) throw new DocstoreError('other-network', `The relay at ${origins[0]} is in another network`)
  return { network, addresses: address.startsWith('/') ? [parseAddress(address)] : addresses.map(parseAddress), invitation }
}

function line({ id, section, rule, required, result, seen }: Finding): string {
  return `${result.padEnd(9)}  ${section.padEnd(14)}  ${id}: ${rule}${required ? '' : ' (advice)'}\n${' '.repeat(27)}${seen}`
}

function words(text: string): readonly string[] {
  const chosen = text.split(',').map((word) => word.trim())
  if (!chosen.every((word) => /^[a-z-]+$/.test(word))) throw new InvalidArgumentError('It is a list of names, as half-close,put.')
  return chosen
}

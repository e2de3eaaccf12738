import { createNetwork, DocstoreError, errorMessage } from '@p2p-docstore/core'
import { Command, InvalidArgumentError, Option } from 'commander'
import { createDocstore, hasChosenNetwork } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { keyOf, nameAuthorities, type NamesOptions, namesOptions } from '../name-authorities.ts'
import { openStore } from '../open-store.ts'
import { describeNetwork, networkText } from './network-show.ts'

interface Options extends NamesOptions {
  readonly inviteOnly?: boolean
  readonly authority?: readonly string[]
  readonly stun?: readonly string[]
}

/** `docstore network create NAME` */
export function networkCreateCommand(run: Run): Command {
  const command = new Command('create')
    .description(
      'make an independent network; documents of a folder that began alone move there, beside any other network of the folder it is one more',
    )
    .argument('<name>', '1 to 128 characters')
    .option('--invite-only', 'admit only those whom `docstore invite` invites')
    .option('--authority <did...>', 'identities that may invite; without one, this identity alone')
    .addOption(new Option('--stun <url...>', 'servers that tell browsers their public address, such as stun:stun.example:3478').argParser(stunUrls))
  for (const option of namesOptions()) command.addOption(option)
  return command.action((name: string, options: Options) =>
    run(async (context) => {
      const { settings, output } = context
      const { identity, isChosen } = await standing(settings.data)
      const descriptor = newDescriptor(name, identity, options)
      const own = { ...context, settings: { ...settings, join: undefined, network: undefined } }
      await using store = await openStore(own, { network: 'off', descriptor, moves: !isChosen })
      if ((await store.networks()).length > 1) await store.useNetwork(store.info.network.id)
      const shown = describeNetwork(store)
      await output.result(shown, () => networkText(shown))
    }),
  )
}

/** Who this is, and whether somebody chose the network that the documents of the folder are in. */
async function standing(data: string): Promise<{ readonly identity: string; readonly isChosen: boolean }> {
  await using store = await createDocstore({ data, network: 'off', networks: 'one' })
  return { identity: store.info.identity, isChosen: await hasChosenNetwork(store.replica) }
}

function newDescriptor(name: string, identity: string, options: Options): Uint8Array {
  const { inviteOnly = false, authority: dids, stun = [] } = options
  const authorities = (dids ?? (inviteOnly ? [identity] : [])).map(keyOf)
  const granting = nameAuthorities(options)
  const names = granting === 'own' ? { authorities: [keyOf(identity)], quorum: 1 } : granting
  const admission = inviteOnly ? 'invite' : 'open'
  try {
    return createNetwork(name, { admission, authorities, stun, ...(names === undefined ? {} : { names }) }).bytes
  } catch (cause) {
    throw new DocstoreError('bad-network', errorMessage(cause), { cause })
  }
}

function stunUrls(url: string, before: readonly string[] = []): readonly string[] {
  if (!/^stuns?:[^\s?]+$/.test(url)) throw new InvalidArgumentError('It looks like stun:stun.example:3478.')
  return [...before, url]
}

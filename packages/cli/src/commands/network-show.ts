import { didOf, DocstoreError, networkToText } from '@p2p-docstore/core'
import { Command } from 'commander'
import { type Docstore, knownOrigins, readNetwork } from 'p2p-docstore'
import { commandText } from '../command-text.ts'
import type { Run } from '../context.ts'
import { hasData, openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** What a network is, as it is printed. */
interface ShownNetwork {
  readonly id: string
  readonly name: string
  readonly admission: 'open' | 'invite'
  readonly authorities: readonly string[]
  readonly stun: readonly string[]
  /** Who grants usernames, and how many of them it takes; `null` where the network has none of its own. */
  readonly names: { readonly authorities: readonly string[]; readonly quorum: number } | null
  readonly descriptor: string
}

/** `docstore network show` */
export function networkShowCommand(run: Run): Command {
  return new Command('show').description('show the network of this data, and the relays that are known').action(() =>
    run(async (context) => {
      const { data, join } = context.settings
      if (join === undefined && !hasData(data))
        throw new DocstoreError(
          'no-network',
          `There is no network in ${data} yet. \`${commandText(context.settings, 'network create NAME')}\` makes one, \`${commandText(context.settings, 'join LINK')}\` joins one`,
        )
      await using store = await openStore(context)
      const shown = { ...describeNetwork(store), relays: await knownOrigins(store) }
      await context.output.result(shown, () => networkText(shown, commandText(context.settings, 'join LINK')))
    }),
  )
}

/** What the network of a store is. */
export function describeNetwork({ info }: Docstore): ShownNetwork {
  const network = readNetwork(info.network.descriptor)
  const { name, admission, authorities, stun = [], names: granting } = network.descriptor
  const names = granting === undefined ? null : { authorities: granting.authorities.map(didOf), quorum: granting.quorum }
  return { id: network.id, name, admission, authorities: authorities.map(didOf), stun, names, descriptor: networkToText(network) }
}

/** The same for people; `join` is the command that joins another one. */
export function networkText(
  { id, name, admission, authorities, stun, names, relays }: ShownNetwork & { readonly relays?: readonly string[] },
  join: string = 'docstore join LINK',
): string {
  return textTable([
    ['id', id],
    ['name', name],
    ['admits', admission === 'open' ? 'whoever has its join link' : 'those whom an authority invites'],
    ...authorities.map((did) => ['authority', did]),
    ...stun.map((url) => ['stun', url]),
    ...(names === null ? [] : [['usernames', `${names.quorum} of these grant them`], ...names.authorities.map((did) => ['grants', did])]),
    ...(relays?.map((origin) => ['relay', origin]) ?? []),
    ...(relays?.length === 0 ? [['relay', `none is known: this network exists in this folder only. \`${join}\` joins another one`]] : []),
  ])
}

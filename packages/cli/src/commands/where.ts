import { DocstoreError, readContentCid } from '@p2p-docstore/core'
import { SECTORS } from '@p2p-docstore/core/placement'
import { Command } from 'commander'
import type { ContentWhereabouts, Docstore, Whereabouts } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { namespaceId } from '../namespace-id.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore where NS|CID` */
export function whereCommand(run: Run): Command {
  return new Command('where')
    .description(
      'show which relays are to keep a namespace, and which say that they do; or which of them have what a CID names; or how much of the network each keeps',
    )
    .argument('[ns]', 'id or name of a namespace, or CID of a document or a file')
    .action((text: string | undefined) =>
      run(async (context) => {
        const { settings, signal, output } = context
        await using store = await openStore(context)
        const { network } = store
        if (network === undefined) throw new DocstoreError('no-relay', 'No relay is known yet. Join a network with its link first')
        if (text === undefined) return await showRelays(context, network)
        const content = readContentCid(text)
        const id = content === undefined ? await namespaceId(store, text) : undefined
        await network.reach({ timeoutMs: settings.reachMs, signal })
        if (id === undefined) return await showContent(context, await store.whereContent(text, { timeoutMs: settings.timeoutMs, signal }))
        const { owners, ...found } = await network.where({ ns: id, timeoutMs: settings.timeoutMs, signal })
        const parts = found.parts?.map((part) => ({ ...part, owners: withOrigins(part.owners) }))
        const shown = { namespace: id, ...found, owners: withOrigins(owners), ...(parts === undefined ? {} : { parts }) }
        await output.result(shown, () => whereText(id, { owners, ...found }))
      }),
    )
}

/** As JSON has it. */
function withOrigins(owners: Whereabouts['owners']) {
  return owners.map(({ origin = null, ...owner }) => ({ ...owner, origin }))
}

/** Of a document that is here, it is known in which sector it lies; of other content, only who has it. */
async function showContent({ output }: Context, { cid, holders, namespace, where }: ContentWhereabouts): Promise<void> {
  const has = (owner: Whereabouts['owners'][number]): boolean => holders.includes(owner.peer)
  const owners = where?.owners.map((owner) => ({ ...owner, has: has(owner) })) ?? holders.map((peer) => ({ peer, has: true, origin: undefined }))
  const value = {
    cid,
    namespace: namespace ?? null,
    sector: where?.sector ?? null,
    owners: owners.map(({ origin = null, ...owner }) => ({ ...owner, origin })),
    others: where === undefined ? [] : holders.filter((peer) => !where.owners.some((owner) => owner.peer === peer)),
    copies: owners.filter((owner) => owner.has).length,
    wanted: where?.wanted ?? null,
  }
  await output.result(value, () => {
    if (holders.length === 0) return `No relay that was asked has ${cid}.`
    const lies =
      where === undefined
        ? ''
        : ` It is of a document in ${namespace ?? ''}, whose sector is ${where.sector}: ${value.copies} of ${where.wanted} copies are there.`
    return `${holders.length} of the relays that were asked have ${cid}.${lies}\n${textTable(holders.map((peer) => [peer]))}`
  })
}

/** What each relay says of all sectors. */
async function showRelays({ settings, signal, output }: Context, network: NonNullable<Docstore['network']>): Promise<void> {
  await network.reach({ timeoutMs: settings.reachMs, signal })
  const reports = await network.sectors({ timeoutMs: settings.timeoutMs, signal })
  await output.result({ relays: reports }, () => {
    if (reports.length === 0) return 'No relay that keeps documents answers.'
    const rows = reports.map(({ peer, everywhere, draining, owned, serving, syncing, leaving }) => [
      peer,
      everywhere && !draining
        ? 'keeps everything'
        : `owns ${owned} of ${SECTORS} sectors, serves ${serving}, fetches ${syncing}, hands on ${leaving}`,
      draining ? 'is drained' : '',
    ])
    return textTable(rows)
  })
}

/** What an owner says. */
function keeping(has: boolean, state: Whereabouts['owners'][number]['state']): string {
  if (!has) return 'does not say so'
  if (state === 'serving') return 'keeps it, and has all of the sector'
  return state === 'syncing' ? 'keeps it, and fetches what is missing of the sector' : 'keeps it'
}

function whereText(id: string, { sector, everywhere, owners, others, copies, wanted, parts }: Whereabouts): string {
  if (owners.length === 0) return `No relay is known that could keep ${id}.`
  if (parts !== undefined && !everywhere) return partsText(id, parts, others)
  const head = `${id} lies in sector ${sector}${everywhere ? ', which every relay keeps: there are few' : ''}. ${copies} of ${wanted} copies are there.`
  const rows = [
    ...owners.map(({ peer, has, state, origin }) => [peer, keeping(has, state), origin ?? '']),
    ...others.map((peer) => [peer, 'keeps it, and need not', '']),
  ]
  return `${head}\n${textTable(rows)}`
}

/** Of each part of a namespace that is split, who is to keep it, and whether they do. */
function partsText(id: string, parts: NonNullable<Whereabouts['parts']>, others: readonly string[]): string {
  const count = parts.reduce((sum, one) => sum + one.parts.length, 0)
  const short = parts.filter(({ copies, wanted }) => copies < wanted).reduce((sum, one) => sum + one.parts.length, 0)
  const rows = parts.flatMap((one) =>
    one.owners.map(({ peer, state, origin }, i) => [
      i === 0 ? `${one.parts.join(', ')} in sector ${one.sector}: ${one.copies} of ${one.wanted} copies` : '',
      peer,
      state === 'serving' ? 'keeps it, and has all of the sector' : state === 'syncing' ? 'fetches what is missing of the sector' : 'does not say so',
      origin ?? '',
    ]),
  )
  const head = `${id} lies in ${count} parts. ${short === 0 ? 'All copies are there' : `${short} of them lack copies`}.`
  return `${head}\n${textTable([...rows, ...others.map((peer) => ['', peer, 'keeps something of it, and need not', ''])])}`
}

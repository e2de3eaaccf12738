import { COLLECTION_TYPES, type CollectionType, DocstoreError, type WritePolicy } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import type { Run } from '../context.ts'
import type { Docstore } from 'p2p-docstore'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openStore } from '../open-store.ts'
import { wholeNumber } from '../settings.ts'

/** `docstore namespace create NAME` */
export function namespaceCreateCommand(run: Run): Command {
  const command = new Command('create')
    .description('create a namespace')
    .argument('<name>', '1 to 128 characters')
    .addOption(new Option('--write <who>', 'who may write documents').choices(['owner', 'members', 'author', 'anyone']).default('owner'))
    .option('--type <collection=type...>', `how documents of a collection are written: ${COLLECTION_TYPES.join(', ')}; lww unless said`)
    .option('--listed', 'let relays name it to everyone in the network; else only who has its id finds it')
    .addOption(
      new Option('--history <days>', 'how long earlier versions of documents are kept; 30, and not at relays, unless said').argParser(wholeNumber(0)),
    )
    .addOption(
      new Option('--split <parts>', 'in how many parts relays keep it that keep a part of the network each: 1, 2, 4, … 64; 1 unless said').argParser(
        wholeNumber(1),
      ),
    )
    .option('--again', 'also where a namespace of this name is here already')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action(
    (
      name: string,
      options: CopiesOptions & {
        write: WritePolicy
        type?: readonly string[]
        again?: boolean
        listed?: boolean
        history?: number
        split?: number
      },
    ) =>
      run(async (context) => {
        await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
        if (options.again !== true) await checkName(store, name)
        const { write, history, split } = options
        const types = typesOf(options.type ?? [])
        const namespace = await store.namespaces.create({
          name,
          write,
          listed: options.listed === true,
          ...(types === undefined ? {} : { types }),
          ...(history === undefined ? {} : { history }),
          ...(split === undefined ? {} : { split }),
        })
        const copies = await waitForCopies(context, store, namespace, options)
        const result = {
          id: namespace.id,
          name,
          write,
          ...(types === undefined ? {} : { types }),
          ...(history === undefined ? {} : { history }),
          ...(split === undefined || split === 1 ? {} : { split }),
          copies,
        }
        await context.output.result(result, () => `${namespace.id}\n"${name}", ${copiesText(copies)}`)
      }),
  )
}

/** Types by collection, from texts such as `chat=log`; whether there are such types is found out where the namespace is made. */
function typesOf(given: readonly string[]): Readonly<Record<string, CollectionType>> | undefined {
  const types = new Map<string, CollectionType>()
  for (const text of given) {
    const [collection = '', type = '', ...more] = text.split('=')
    const known = COLLECTION_TYPES.find((one) => one === type)
    if (known === undefined || more.length > 0)
      throw new DocstoreError('bad-type', `--type is given COLLECTION=TYPE with one of ${COLLECTION_TYPES.join(', ')}, not ${JSON.stringify(text)}`)
    if (types.has(collection)) throw new DocstoreError('bad-type', `--type says two things of the collection "${collection}"`)
    types.set(collection, known)
  }
  return types.size === 0 ? undefined : Object.fromEntries(types)
}

/** From two of one name on, commands have to be given ids. */
async function checkName(store: Docstore, name: string): Promise<void> {
  const ids = (await store.namespaces.list()).filter((one) => one.name === name).map(({ id }) => id)
  if (ids.length === 0) return
  throw new DocstoreError(
    'name-taken',
    `A namespace named ${JSON.stringify(name)} is here already: ${ids.join(', ')}. Take another name, or --again for a second one, which only its id tells apart`,
    { details: { ids } },
  )
}

import { Command, Option } from 'commander'
import type { SortInput } from 'p2p-docstore'
import { collectionOption } from '../collection-option.ts'
import type { Run } from '../context.ts'
import { parseFilterArgument, parseSortArgument } from '../json-argument.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'

/** `docstore explain NS FILTER` */
export function explainCommand(run: Run): Command {
  return new Command('explain')
    .description('say how a query is answered, and which index would help')
    .argument('<ns>', 'id or name of the namespace')
    .argument('[filter]', 'JSON, such as {"age":{"$gt":30}}', parseFilterArgument, {})
    .addOption(new Option('--sort <fields>', 'fields to sort by; a - in front: falling').argParser(parseSortArgument))
    .addOption(collectionOption())
    .action((ns: string, filter: Readonly<Record<string, unknown>>, { sort = {}, collection }: { sort?: SortInput; collection: string }) =>
      run(async (context) => {
        await using store = await openStore(context)
        const explanation = await (await openHere(context, store, ns)).collection(collection).explain(filter, { sort })
        await context.output.result(explanation, () => {
          const { summary, inJavaScript, hint, plan } = explanation
          const slow = inJavaScript.map((one) => `Decided in JavaScript: ${one}.`)
          return [`${summary}.`, ...slow, ...(hint === undefined ? [] : [`${hint}.`]), '', ...plan.map((line) => `  ${line}`)].join('\n')
        })
      }),
    )
}

import { Command, Option } from 'commander'
import type { Explanation, SortInput } from 'p2p-docstore'
import { collectionOption, DEFAULT_COLLECTION } from '../collection-option.ts'
import { commandText, quoted } from '../command-text.ts'
import type { Run } from '../context.ts'
import { parseFilterArgument, parseSortArgument } from '../json-argument.ts'
import { openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import type { Settings } from '../settings.ts'

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
        const explained = await (await openHere(context, store, ns)).collection(collection).explain(filter, { sort })
        const explanation = { ...explained, ...hintAsCommand(explained, context.settings, { ns, collection }) }
        await context.output.result(explanation, () => {
          const { summary, inJavaScript, hint, plan } = explanation
          const slow = inJavaScript.map((one) => `Decided in JavaScript: ${one}.`)
          return [`${summary}.`, ...slow, ...(hint === undefined ? [] : [`${hint}.`]), '', ...plan.map((line) => `  ${line}`)].join('\n')
        })
      }),
    )
}

/** The hint of an explanation with what is typed for the index, in place of what is called. */
function hintAsCommand(
  { hint, missing }: Explanation,
  settings: Settings,
  { ns, collection }: { readonly ns: string; readonly collection: string },
): { readonly hint?: string } {
  if (hint === undefined || missing === undefined) return {}
  const where = collection === DEFAULT_COLLECTION ? '' : ` --collection ${collection}`
  const commands = missing.map((fields) => commandText(settings, `index create ${quoted(ns)} ${quoted(fields.join(','))}${where}`))
  return { hint: `Make an index with ${commands.join(' and ')}${hint.slice(hint.lastIndexOf(': '))}` }
}

import { DocstoreError } from '@p2p-docstore/core'
import type { Service } from './service.ts'

/** Stands for all services that run where nothing is chosen. */
const DEFAULT = 'default'

/** The services that are to run: those that are named, or all that need not be, and those that were loaded. Throws `bad-setting` where a name or what one needs is missing. */
export function chooseServices(builtIn: readonly Service[], loaded: readonly Service[], wanted: readonly string[] | undefined): readonly Service[] {
  const all = [...builtIn, ...loaded]
  for (const name of wanted ?? [])
    if (name !== DEFAULT && !all.some((one) => one.name === name))
      throw new DocstoreError('bad-setting', `There is no service ${JSON.stringify(name)}. There are ${all.map((one) => one.name).join(', ')}`)
  const isDefault = wanted?.includes(DEFAULT) ?? true
  const chosen = all.filter((one) => loaded.includes(one) || wanted?.includes(one.name) === true || (isDefault && one.isOnlyNamed !== true))
  if (chosen.length === 0) throw new DocstoreError('bad-setting', 'A relay runs one service at least')
  for (const { name, needs = [] } of chosen)
    for (const one of needs)
      if (!chosen.some((other) => other.name === one))
        throw new DocstoreError('bad-setting', `The service ${name} needs ${one}. Add it to the services, or leave ${name} out`)
  return chosen
}

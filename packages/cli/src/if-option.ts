import { Option } from 'commander'
import { notEmpty } from './settings.ts'

/** The option of commands that write only what nobody has changed. */
export function ifOption(): Option {
  return new Option('--if <cid>', 'only while the document has this CID, as get --meta shows it').argParser(notEmpty)
}

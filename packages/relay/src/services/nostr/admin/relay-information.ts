import type { Desk } from '../desk.ts'
import { MAX_ID_LENGTH } from '../limits.ts'

/** NIPs for relays that this one keeps, all of them; those that only say what events mean need nothing of it. */
const NIPS = [1, 2, 4, 9, 11, 13, 17, 40, 42, 45, 50, 59, 62, 65, 67, 70, 77] as const
const ADMIN_NIPS = [86, 98] as const

/** What clients are told of a relay. */
export interface InformationInit {
  readonly desk: Desk
  /** Of the network. */
  readonly name: string
  readonly software: string
  readonly version: string
  /** Key of the relay itself. */
  readonly self: string | undefined
}

/** The document of NIP-11, made from what is enforced. */
export function relayInformation({ desk: { config, lists }, name, software, version, self }: InformationInit): Readonly<Record<string, unknown>> {
  const isRestricted =
    config.allow.length > 0 ||
    !lists.isEmpty('allowedKeys') ||
    config.kinds.length > 0 ||
    !lists.isEmpty('allowedKinds') ||
    config.policy !== undefined
  const known = {
    name: lists.texts.get('name') ?? config.name ?? name,
    description: lists.texts.get('description') ?? config.description,
    icon: lists.texts.get('icon'),
    pubkey: config.pubkey ?? config.admins[0],
    self,
    contact: config.contact,
    supported_nips: [...NIPS, ...(config.admins.length > 0 ? ADMIN_NIPS : [])],
    software,
    version,
    limitation: {
      max_message_length: config.messageBytes,
      max_subscriptions: config.subscriptions,
      max_limit: config.maxLimit,
      default_limit: config.defaultLimit,
      max_subid_length: MAX_ID_LENGTH,
      max_event_tags: config.tags,
      // In characters; all of an event has room for no more of them than bytes.
      max_content_length: config.eventBytes,
      min_pow_difficulty: config.workBits,
      auth_required: config.authToRead,
      payment_required: false,
      restricted_writes: isRestricted || config.authToWrite || config.workBits > 0,
      ...(config.secondsBehind === 0 ? {} : { created_at_lower_limit: config.secondsBehind }),
      created_at_upper_limit: config.secondsAhead,
    },
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}

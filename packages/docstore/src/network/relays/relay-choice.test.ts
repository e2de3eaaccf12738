import { describe, expect, it } from 'vitest'
import { type Choice, chooseRelays, type LinkState } from './relay-choice.ts'

const MINUTE = 60_000

function link(id: string, state: Partial<LinkState> = {}): LinkState {
  const offers = { isKeeper: true, givesPlaces: true }
  return { id, peer: id, isJoined: false, isConnected: true, hasFailed: false, ...offers, lostMs: 0, isNeeded: false, lacks: new Set(), ...state }
}

function choose(links: readonly LinkState[], choice: Partial<Choice> = {}) {
  return chooseRelays({ links, listed: ['x', 'y', 'z'], placeGivers: [], holders: [], enough: 2, max: 8, ...choice })
}

describe('the relays that a peer keeps in touch with', () => {
  it('are completed from the directory until enough are connected', () => {
    expect(choose([])).toEqual({ add: ['x', 'y'], drop: [] })
    expect(choose([link('a', { isJoined: true })])).toEqual({ add: ['x'], drop: [] })
    expect(choose([link('a'), link('b')])).toEqual({ add: [], drop: [] })
    expect(choose([link('a'), link('x')], { enough: 3 })).toEqual({ add: ['y'], drop: [] })
  })

  it('are enough that keep documents, whoever else is connected, and one that gives a place', () => {
    const gate = link('gate', { isKeeper: false })
    expect(choose([gate])).toEqual({ add: ['x', 'y'], drop: [] })
    expect(choose([gate, link('a'), link('b')], { placeGivers: ['p'] })).toEqual({ add: [], drop: [] })
    const vaults = ['a', 'b'].map((id) => link(id, { givesPlaces: false }))
    expect(choose(vaults, { placeGivers: ['p', 'q'] })).toEqual({ add: ['p'], drop: [] })
    expect(choose([link('a', { givesPlaces: false })], { listed: ['p'], placeGivers: ['p'] })).toEqual({ add: ['p'], drop: [] })
  })

  it('are given some time to answer before others are tried as well', () => {
    const trying = [link('a', { isConnected: false, lostMs: 500 }), link('b', { isConnected: false, lostMs: 500 })]
    expect(choose(trying)).toEqual({ add: [], drop: [] })
    const failed = trying.map((one) => ({ ...one, hasFailed: true }))
    expect(choose(failed)).toEqual({ add: ['x', 'y'], drop: [] })
  })

  it('give their place to others when they are out of reach for five minutes, unless they were joined', () => {
    const lost = { isConnected: false, hasFailed: true, lostMs: 6 * MINUTE }
    expect(choose([link('a', { ...lost, isJoined: true }), link('b', lost), link('c')])).toEqual({ add: ['x'], drop: ['b'] })
    const brief = { ...lost, lostMs: 4 * MINUTE }
    expect(choose([link('b', brief), link('c'), link('d')])).toEqual({ add: [], drop: [] })
  })

  it('are never more than the limit; one out of reach goes sooner where it is in the way', () => {
    const lost = { isConnected: false, hasFailed: true, lostMs: MINUTE }
    const joined = ['a', 'b', 'c'].map((id) => link(id, { ...lost, isJoined: true }))
    expect(choose(joined, { max: 3 })).toEqual({ add: [], drop: [] })
    expect(choose([...joined, link('d', lost)], { max: 4 })).toEqual({ add: ['x'], drop: ['d'] })
    expect(choose([...joined, link('d', { ...lost, lostMs: 1000 })], { max: 4 })).toEqual({ add: [], drop: [] })
  })

  it('include one that keeps what no other keeps, in the place of one that is not needed', () => {
    const two = [link('a', { isJoined: true }), link('b')]
    expect(choose(two, { holders: [{ ns: 'n', peers: ['h', 'i'] }] })).toEqual({ add: ['h'], drop: [] })
    expect(choose([...two, link('i', { isConnected: false })], { holders: [{ ns: 'n', peers: ['h', 'i'] }] })).toEqual({ add: [], drop: [] })
    expect(choose([...two, link('h', { isConnected: false, hasFailed: true })], { holders: [{ ns: 'n', peers: ['h', 'i'] }] })).toEqual({
      add: ['i'],
      drop: [],
    })
    expect(choose(two, { holders: [{ ns: 'n', peers: ['h'] }], max: 2 })).toEqual({ add: ['h'], drop: ['b'] })
    expect(choose([link('a', { isJoined: true }), link('b', { isNeeded: true })], { holders: [{ ns: 'n', peers: ['h'] }], max: 2 })).toEqual({
      add: [],
      drop: [],
    })
    expect(choose(two, { holders: ['n', 'm'].map((ns) => ({ ns, peers: ['h'] })) })).toEqual({ add: ['h'], drop: [] })
  })

  it('include another one where the one that was said to keep something does not, and that one gives way', () => {
    const holders = [{ ns: 'n', peers: ['liar', 'h'] }]
    const joined = link('a', { isJoined: true })
    expect(choose([joined, link('liar')], { holders, max: 2 })).toEqual({ add: [], drop: [] })
    expect(choose([joined, link('liar', { lacks: new Set(['n']) })], { holders })).toEqual({ add: ['h'], drop: [] })
    expect(choose([joined, link('liar', { lacks: new Set(['n']) })], { holders, max: 2 })).toEqual({ add: ['h'], drop: ['liar'] })
    expect(choose([joined, link('liar', { lacks: new Set(['m']) })], { holders, max: 2 })).toEqual({ add: [], drop: [] })
  })

  it('are not completed before it is known which ones those are that were joined', () => {
    const joined = { isJoined: true, peer: undefined, isConnected: false }
    expect(choose([link('http://a', joined)])).toEqual({ add: [], drop: [] })
    expect(choose([link('http://a', { ...joined, lostMs: 5000 })])).toEqual({ add: ['x', 'y'], drop: [] })
    expect(choose([link('http://a', { ...joined, hasFailed: true })])).toEqual({ add: ['x', 'y'], drop: [] })
    expect(choose([link('http://a', { ...joined, peer: 'x' })])).toEqual({ add: ['y'], drop: [] })
  })

  it('do not include a relay twice: as joined, and as found', () => {
    expect(choose([link('http://a', { isJoined: true, peer: 'x' }), link('x'), link('c')])).toEqual({ add: [], drop: ['x'] })
  })
})

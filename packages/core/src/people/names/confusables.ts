/** Letters of Cyrillic, Greek and others that look like one of Latin (Unicode TR 39, confusables.txt, as far as one letter stands for one). */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'аɑα',
    b: 'Ьʙɓ',
    c: 'сϲⅽᴄ',
    d: 'ԁɗⅾ',
    e: 'еҽєε',
    f: 'ƒ',
    g: 'ɡց',
    h: 'һհ',
    i: 'іɩιӏı',
    j: 'јϳ',
    k: 'κкĸ',
    l: 'ⅼǀ',
    m: 'мⅿ',
    n: 'ոп',
    o: 'оοσօ',
    p: 'рρ',
    q: 'ԛգ',
    r: 'гᴦ',
    s: 'ѕꜱ',
    t: 'тτ',
    u: 'υսц',
    v: 'ѵνⅴ',
    w: 'ԝшω',
    x: 'хχⅹ',
    y: 'уүγ',
    z: 'ᴢ',
    '3': 'зӡ',
    '4': 'ч',
    '6': 'б',
    '-': '‐‑‒–—−',
    _: '‿',
    A: 'АΑ',
    B: 'ВΒ',
    C: 'СϹ',
    E: 'ЕΕ',
    H: 'НΗ',
    I: 'ІΙ',
    J: 'Ј',
    K: 'КΚ',
    M: 'МΜ',
    N: 'Ν',
    O: 'ОΟ',
    P: 'РΡ',
    S: 'Ѕ',
    T: 'ТΤ',
    X: 'ХΧ',
    Y: 'ΥҮ',
    Z: 'Ζ',
  }).flatMap(([latin, others]) => Array.from(others).map((other) => [other, latin] as const)),
)

/** The same text with Latin letters in the place of those that look like them, without marks above and below: what somebody would take it for. */
export function lookalike(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{Mn}/gu, '')
  return Array.from(plain, (letter) => LOOKALIKES.get(letter) ?? letter).join('')
}

/** What all usernames have in common that look alike: of two with one skeleton, a network grants one. */
export function skeleton(username: string): string {
  return username
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('cl', 'd')
    .replace(/[1il]/g, 'l')
    .replace(/[0o]/g, 'o')
    .replace(/[-_]/g, '')
    .replaceAll('5', 's')
}

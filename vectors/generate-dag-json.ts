import type { VectorFile } from './vector-file.ts'

/** What a codec does with a text: writes it anew as it is, writes another one, or cannot read it. */
type Rewritten = 'same' | { readonly text: string } | 'refused'

/**
 * What the codecs of dag-json make of content, as findings/dag-json-three-forms.sh saw it. A codec that writes another text gives the value
 * another CID; it reads the value and finds the block by ours all the same.
 */
export function dagJsonFile(): VectorFile {
  const row = (name: string, text: string, jsText: Rewritten = 'same', goText: Rewritten = 'same', rustText: Rewritten = 'same') => ({
    name,
    text,
    '@ipld/dag-json 11.0.1': jsText,
    'go-ipld-prime 0.24.0': goText,
    'serde_ipld_dagjson 0.2.2': rustText,
  })
  const other = (text: string): Rewritten => ({ text })
  return {
    description:
      'Texts of document content, and what three codecs of dag-json write when they have read them: the same bytes, another text, or nothing, where they refuse to read it. valid are canonical, context.former is in the former form.',
    context: {
      former: [
        row('a whole number beyond 64 bits as digits', '{"_id":"x","n":100000000000000000000}', 'same', 'refused', other('{"_id":"x","n":1e+20}')),
        row('2^63 as digits', '{"_id":"x","n":9223372036854776000}', 'same', 'refused'),
        row('-2^63 as digits', '{"_id":"x","n":-9223372036854776000}', 'same', 'refused', other('{"_id":"x","n":-9.223372036854776e+18}')),
        row('keys by UTF-16 units', '{"_id":"x","😀":2,"\ue000":1}', 'same', other('{"_id":"x","\ue000":1,"😀":2}'), other('{"_id":"x","\ue000":1,"😀":2}')),
      ],
    },
    valid: [
      row('whole numbers below 2^63', '{"_id":"x","n":[0,-1,100,9007199254740992,9223372036854775000,-9223372036854775000]}'),
      row(
        'whole numbers from 2^63 to 1e21',
        '{"_id":"x","n":[9.223372036854776e+18,-1e+20]}',
        other('{"_id":"x","n":[9223372036854776000.0,-100000000000000000000.0]}'),
        other('{"_id":"x","n":[9223372036854776000,-100000000000000000000]}'),
      ),
      row('numbers from 1e21 on', '{"_id":"x","n":[1e+21,1.2345678901234568e+29,1.7976931348623157e+308]}'),
      row('fractions', '{"_id":"x","n":[0.1,-1.5,0.00001,333333333.3333333,123456789012345.67]}'),
      row('fractions below 1e-6', '{"_id":"x","n":[1e-7,9.99e-7,-1.5e-10,5e-324]}'),
      row('fractions from 1e-6 to 1e-5', '{"_id":"x","n":[0.000001,0.0000094]}', 'same', 'same', other('{"_id":"x","n":[1e-6,9.4e-6]}')),
      row('keys beyond U+FFFF beside those from U+E000 on', '{"_id":"x","\ue000":1,"\uffff":2,"😀":3}', other('{"_id":"x","😀":3,"\ue000":1,"\uffff":2}')),
      row('other keys', '{"":1,"-1":2,"10":3,"9":4,"_id":"x","a\\u0000b":5,"a/b":6,"constructor":7,"é":8,"😀":9}'),
      row(String.raw`\b and \f`, String.raw`{"_id":"x","s":"\b\f"}`, 'same', other(String.raw`{"_id":"x","s":"\u0008\u000c"}`)),
      row('U+2028 and U+2029', '{"_id":"x","s":"\u2028\u2029"}', 'same', other(String.raw`{"_id":"x","s":"\u2028\u2029"}`)),
      row('other text', `{"_id":"x","s":"\\u0000\\t\\n\\u000b\\r\\u001f \\"\\\\/<>&\u007f\u0085é\ufeff😀\uffff"}`),
      row('literals and nesting', '{"_id":"x","l":[null,true,false,{},[],"",[[[{"a":[]}]]]]}'),
    ],
    invalid: [],
  }
}

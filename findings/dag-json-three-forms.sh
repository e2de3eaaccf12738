#!/usr/bin/env bash
# @ipld/dag-json 11.0.1, go-ipld-prime 0.24.0 and serde_ipld_dagjson 0.2.2 write three forms of one value, so it has three CIDs. Needs Go and Rust.
#
# Seen, for texts that all three read (js, go, rs: what each writes, "same" for the text itself): keys beyond U+FFFF beside keys from U+E000 on (! of full width) are
# sorted by UTF-16 units in JavaScript; whole numbers from 2^63 on have digits and ".0", digits, or an exponent; fractions from 1e-6 to 1e-5 have an
# exponent in Rust; control characters and U+2028 have other escapes in Go; 1.0 is 1 for two and 1.0 for the third.
# Expected: one form. The DAG-JSON specification (ipld.io/specs/codecs/dag-json/spec) is there "to ensure hashes consistently match", and says of it: keys by
# their UTF-8 bytes, no white space. It does not say how floats and escapes are written.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat > texts.txt <<'TEXTS'
{"n":[0,9007199254740992,9223372036854775000,0.1,0.00001,1e-7,5e-324,1e+21]}
{"n":1e+20}
{"n":9.223372036854776e+18}
{"n":0.0000094}
{"n":1.0}
{"":1,"10":2,"9":3,"a\u0000b":4,"é":5,"😀":6}
{"！":1,"😀":2}
{"s":"\b\f\n\u001f\"\\/<>&é😀"}
{"s":"\n\u001f\"\\/<>&é😀"}
TEXTS
printf '{"s":"\342\200\250"}\n' >> texts.txt # U+2028

mkdir js go rust
echo '{"private":true,"type":"module"}' > js/package.json
(cd js && npm install --silent --no-audit --no-fund @ipld/dag-json@11.0.1)
cat > js/rewrite.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { decode, encode } from '@ipld/dag-json'
for (const text of readFileSync(0, 'utf8').trimEnd().split('\n')) console.log(Buffer.from(encode(decode(Buffer.from(text)))).toString())
JS
cat > go/go.mod <<'GOMOD'
module finding

go 1.24

require github.com/ipld/go-ipld-prime v0.24.0
GOMOD
cat > go/main.go <<'GO'
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"

	"github.com/ipld/go-ipld-prime/codec/dagjson"
	"github.com/ipld/go-ipld-prime/node/basicnode"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		builder := basicnode.Prototype.Any.NewBuilder()
		if err := dagjson.Decode(builder, bytes.NewReader(lines.Bytes())); err != nil {
			panic(err)
		}
		var written bytes.Buffer
		if err := dagjson.Encode(builder.Build(), &written); err != nil {
			panic(err)
		}
		fmt.Println(written.String())
	}
}
GO
mkdir rust/src
cat > rust/Cargo.toml <<'CARGO'
[package]
name = "finding"
version = "0.1.0"
edition = "2021"

[dependencies]
serde_ipld_dagjson = "=0.2.2"
ipld-core = "=0.4.3"
CARGO
cat > rust/src/main.rs <<'RUST'
use ipld_core::ipld::Ipld;
use std::io::{stdin, BufRead};

fn main() {
    for line in stdin().lock().lines() {
        let value: Ipld = serde_ipld_dagjson::from_slice(line.unwrap().as_bytes()).unwrap();
        println!("{}", String::from_utf8(serde_ipld_dagjson::to_vec(&value).unwrap()).unwrap());
    }
}
RUST
node js/rewrite.mjs < texts.txt > js.txt
(cd go && GOFLAGS=-mod=mod go run .) < texts.txt > go.txt
(cd rust && cargo run --quiet) < texts.txt > rs.txt
paste -d '\n' texts.txt js.txt go.txt rs.txt | awk '
  NR % 4 == 1 { text = $0; print text; next }
  { name = NR % 4 == 2 ? "js" : NR % 4 == 3 ? "go" : "rs"; print "  " name " " ($0 == text ? "same" : $0) }' | sed $'s/\342\200\250/<U+2028>/' | tee seen.txt
diff seen.txt - <<'SEEN'
{"n":[0,9007199254740992,9223372036854775000,0.1,0.00001,1e-7,5e-324,1e+21]}
  js same
  go same
  rs same
{"n":1e+20}
  js {"n":100000000000000000000.0}
  go {"n":100000000000000000000}
  rs same
{"n":9.223372036854776e+18}
  js {"n":9223372036854776000.0}
  go {"n":9223372036854776000}
  rs same
{"n":0.0000094}
  js same
  go same
  rs {"n":9.4e-6}
{"n":1.0}
  js {"n":1}
  go {"n":1}
  rs same
{"":1,"10":2,"9":3,"a\u0000b":4,"é":5,"😀":6}
  js same
  go same
  rs same
{"！":1,"😀":2}
  js {"😀":2,"！":1}
  go same
  rs same
{"s":"\b\f\n\u001f\"\\/<>&é😀"}
  js same
  go {"s":"\u0008\u000c\n\u001f\"\\/<>&é😀"}
  rs same
{"s":"\n\u001f\"\\/<>&é😀"}
  js same
  go same
  rs same
{"s":"<U+2028>"}
  js same
  go {"s":"\u2028"}
  rs same
SEEN

package results

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"pmap/chunker"
)

const (
	valueMax = 200  // bytes of a value in a file's name, before it is cut
	nameMax  = 2000 // bytes of a job's name, before a hash stands for it
	cutAt    = 120  // bytes that are left of a value that is cut
)

// nameOf is where in the folder the output of a job with these items is.
func nameOf(items []chunker.Item) string {
	var b strings.Builder
	for i := range items {
		for n := 1; ; n++ {
			v, ok := items[i].Value(n)
			if !ok {
				break
			}
			if b.Len() > 0 {
				b.WriteByte('/')
			}
			b.WriteString(strconv.Itoa(n) + "/" + component(v))
		}
	}
	if b.Len() > nameMax {
		return `1/\#` + hashed([]byte(b.String()))
	}
	return b.String()
}

// component spells a value as the name of a file. As GNU parallel has it, a
// slash is \_, a tab is \t and a backslash is doubled; what no file can be
// called, which GNU parallel leaves to luck, begins with a backslash, too.
func component(value []byte) string {
	switch string(value) {
	case "":
		return `\-`
	case ".", "..":
		return `\` + string(value)
	}
	name := string(value)
	if bytes.ContainsAny(value, "/\\\t\x00") {
		name = escapes.Replace(name)
	}
	if len(name) > valueMax {
		return strings.TrimRight(name[:cutAt], `\`) + `\#` + hashed(value)
	}
	return name
}

var escapes = strings.NewReplacer("/", `\_`, "\t", `\t`, `\`, `\\`, "\x00", `\0`)

func hashed(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// numbered is the name of the n-th job with the same items. No value makes it.
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	return name + `\=` + strconv.Itoa(n)
}

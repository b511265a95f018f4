package template

import (
	"slices"
	"strconv"
	"strings"
)

// A namer gives each placeholder of a script a variable. The script's
// parameters are the values in the order of ops, and then the columns, which
// the prologue leaves as $1 … $n.
type namer struct {
	prefix     string
	ops        []op
	pack       Packing
	positional bool // the variables are the parameters themselves
}

// newNamer chooses names that don't occur in the script.
func newNamer(src string) namer {
	prefix := "pmap_"
	for strings.Contains(src, prefix) {
		prefix += "_"
	}
	return namer{prefix: prefix}
}

// of returns the name of the op's variable.
func (n *namer) of(o op) string {
	i := slices.Index(n.ops, o)
	if i < 0 {
		i = len(n.ops)
		n.ops = append(n.ops, o)
	}
	if n.positional {
		return strconv.Itoa(i + 1) // there are fewer than ten placeholders without columns
	}
	return n.prefix + n.name(o)
}

// expand returns what the op becomes at the place; all says that every
// item or column is to be a word there.
func (n *namer) expand(o op, p place, all bool) string {
	if all {
		return `"$@"`
	}
	return p.expand(n.of(o))
}

// name is the op in words.
func (n *namer) name(o op) string {
	names := [...]string{
		formWhole: "item", formNoExt: "noext", formBase: "base", formDir: "dir", formStem: "stem",
		formBare: "bare", formRoot: "root", formSeq: "seq", formSlot: "slot", formQuoted: "quoted",
	}
	name := names[o.form]
	switch {
	case o.col > 0:
		name += strconv.Itoa(o.col)
	case o.col < 0:
		name += "_" + strconv.Itoa(-o.col)
	}
	if o.suffix != "" {
		name += "_without" + strconv.Itoa(slices.Index(n.ops, o))
	}
	return name
}

// given is which of the script's parameters the op's value is anyway, 0 for
// none.
func (n *namer) given(o op) int {
	switch {
	case o.form != formWhole || o.suffix != "" || o.col < 0:
		return 0
	case n.pack.Columns.Several && (n.pack.Mode != Single || n.pack.Pad):
		return 0 // there are several, or it may be missing
	case n.pack.Columns.Several:
		return o.col
	case o.col <= 1:
		return 1
	}
	return 0
}

// parameters are the words after the shell's $0.
func (n *namer) parameters() (words []Word) {
	for _, o := range n.ops {
		if n.given(o) == 0 {
			words = append(words, opWord(o))
		}
	}
	switch {
	case n.pack.Mode == None:
		return words
	case n.pack.Mode != Single || n.pack.Columns.Several:
		return append(words, n.pack.itemWord())
	}
	return append(words, opWord(op{form: formWhole, col: 1}))
}

// prologue sets the variables and leaves the columns as the parameters. It
// ends with a separator, so that the script's first line stays the first.
func (n *namer) prologue() string {
	var b strings.Builder
	k, columns := 0, ""
	for _, o := range n.ops {
		if at := n.given(o); at > 0 {
			columns += n.of(o) + "=" + parameter(at) + "; "
			continue
		}
		k++
		b.WriteString(n.of(o) + "=" + parameter(k) + "; ")
	}
	if k > 0 {
		b.WriteString("shift " + strconv.Itoa(k) + "; ")
	}
	b.WriteString(columns)
	return b.String()
}

// parameter is the expansion of the k-th parameter.
func parameter(k int) string {
	if k < 10 {
		return "$" + strconv.Itoa(k)
	}
	return "${" + strconv.Itoa(k) + "}"
}

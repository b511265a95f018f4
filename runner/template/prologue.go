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
	return n.prefix + o.name()
}

// all reports whether the op stands for all items of a job.
func (n *namer) all(o op) bool { return n.pack.several(o) }

// expand returns what the op becomes at the place.
func (n *namer) expand(o op, p place) string {
	if n.all(o) {
		return `"$@"`
	}
	return p.expand(n.of(o))
}

// name is the op in words.
func (o op) name() string {
	names := [...]string{
		formWhole: "item", formNoExt: "noext", formBase: "base", formDir: "dir",
		formStem: "stem", formSeq: "seq", formSlot: "slot", formQuoted: "quoted",
	}
	if o.col == 0 {
		return names[o.form]
	}
	return names[o.form] + strconv.Itoa(o.col)
}

// isFirst reports whether the op's value is the first column anyway.
func (o op) isFirst() bool { return o.form == formWhole && o.col <= 1 }

// parameters are the words after the shell's $0.
func (n *namer) parameters() (words []Word) {
	for _, o := range n.ops {
		if !o.isFirst() {
			words = append(words, opWord(o))
		}
	}
	if n.pack.Mode != Single {
		return append(words, n.pack.itemWord())
	}
	return append(words, opWord(op{form: formWhole, col: 1}))
}

// prologue sets the variables and leaves the columns as the parameters. It
// ends with a separator, so that the script's first line stays the first.
func (n *namer) prologue() string {
	var b strings.Builder
	k, first := 0, ""
	for _, o := range n.ops {
		if o.isFirst() {
			first += n.of(o) + "=$1; "
			continue
		}
		k++
		b.WriteString(n.of(o) + "=" + parameter(k) + "; ")
	}
	if k > 0 {
		b.WriteString("shift " + strconv.Itoa(k) + "; ")
	}
	b.WriteString(first)
	return b.String()
}

// parameter is the expansion of the k-th parameter.
func parameter(k int) string {
	if k < 10 {
		return "$" + strconv.Itoa(k)
	}
	return "${" + strconv.Itoa(k) + "}"
}

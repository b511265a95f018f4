package template

import (
	"math"
	"strconv"
	"strings"
)

// A form is which part of a value a placeholder stands for.
type form uint8

const (
	formWhole  form = iota // {}
	formNoExt              // {.}
	formBase               // {/}
	formDir                // {//}
	formStem               // {/.}
	formBare               // {:}
	formRoot               // {/:}
	formSeq                // {#}
	formSlot               // {%}
	formQuoted             // {q}
)

// ending returns the form that is written after a column's number, or alone.
func ending(s string) (f form, ok bool) {
	switch s {
	case "":
		return formWhole, true
	case ".":
		return formNoExt, true
	case "/":
		return formBase, true
	case "//":
		return formDir, true
	case "/.":
		return formStem, true
	case ":":
		return formBare, true
	case "/:":
		return formRoot, true
	}
	return 0, false
}

// loner returns the form that takes no column.
func loner(s string) (f form, ok bool) {
	switch s {
	case "#":
		return formSeq, true
	case "%":
		return formSlot, true
	case "q":
		return formQuoted, true
	}
	return 0, false
}

// An op is what a placeholder stands for.
type op struct {
	form   form
	nth    bool   // col is the place of an item among the job's items
	col    int    // from 1, or from -1 backwards; 0 is the item itself
	suffix string // of the whole or the last component, which goes without it
}

// integer reports whether every value of the op is a number.
func (o op) integer() bool { return o.form == formSeq || o.form == formSlot }

// ofItem reports whether the values of the op depend on the item.
func (o op) ofItem() bool { return !o.integer() }

// each reports whether the op has a value for each item of a job.
func (o op) each() bool { return o.ofItem() && !o.nth }

// asIs reports whether the op stands for a value unchanged.
func (o op) asIs() bool { return o.form == formWhole && o.suffix == "" }

// A span is a stretch of a word or script that isn't taken as written: a
// placeholder, or a literal in doubled braces.
type span struct {
	start, end int
	literal    string // "{}" for {{}}; empty for a placeholder
	op         op
}

// A scope is what placeholders can name.
type scope struct {
	replace string   // the only placeholder; empty is the usual list
	columns int      // the highest {N}
	names   []string // of the columns, by their place; nil: they have none
	header  bool     // what looks like a name and is none of them is an error
	items   bool     // {N} is a place among the items of a job, not a column
}

// scan finds the spans of s. They are in order and don't overlap.
func (sc *scope) scan(s string) ([]span, error) {
	if sc.replace != "" {
		return scanFor(s, sc.replace), nil
	}
	var spans []span
	for i := 0; ; {
		next := strings.IndexByte(s[i:], '{')
		if next < 0 {
			return spans, nil
		}
		i += next
		sp, skip, err := sc.scanBrace(s, i)
		if err != nil {
			return nil, err
		}
		if skip == 0 {
			spans, skip = append(spans, sp), sp.end-sp.start
		}
		i += skip
	}
}

// scanFor finds the places where replace stands.
func scanFor(s, replace string) (spans []span) {
	for i := 0; ; {
		next := strings.Index(s[i:], replace)
		if next < 0 {
			return spans
		}
		i += next + len(replace)
		spans = append(spans, span{start: i - len(replace), end: i})
	}
}

// scanBrace looks at the brace at s[i]. It returns the span that begins
// there, or how many bytes to pass over because none does.
func (sc *scope) scanBrace(s string, i int) (sp span, skip int, err error) {
	dollar := i > 0 && s[i-1] == '$'
	if inner, ok := doubled(s[i:]); ok {
		if !dollar && (inner == "" || isNumber(inner) || sc.header && isName(inner)) {
			return span{start: i, end: i + len(inner) + 4, literal: "{" + inner + "}"}, 0, nil
		}
		return sp, len(inner) + 4, nil
	}
	if dollar {
		return sp, 1, nil
	}
	if strings.HasPrefix(s[i:], "{=") {
		return sp, 0, at(s, i, "to change a value, do it in a script: pmap 'f={}; echo \"${f%.txt}\"'\nfor {= as it is, choose another placeholder: -I @@", "{= perl =} isn't supported")
	}
	inner, _, closed := strings.Cut(s[i+1:], "}")
	if !closed {
		return sp, 1, nil
	}
	o, named, ok := sc.parse(inner)
	format := i > 0 && s[i-1] == '%' // of curl's %{name}
	if !ok || format && (named || o.form == formQuoted) {
		if ok = sc.header && isName(inner) && !format && !ok; !ok {
			return sp, 1, nil
		}
		return sp, 0, sc.unknown(s, i, inner)
	}
	if o.col > sc.columns || -o.col > sc.columns {
		return sp, 0, sc.beyond(s, i, inner)
	}
	return span{start: i, end: i + len(inner) + 2, op: o}, 0, nil
}

// beyond is the error for a column or item that there can't be.
func (sc *scope) beyond(s string, i int, inner string) *UsageError {
	hint := "for a literal {" + inner + "} choose another placeholder: -I @@"
	if isNumber(inner) {
		hint = "for a literal {" + inner + "} write {{" + inner + "}}"
	}
	switch {
	case sc.items:
		return at(s, i, hint, "{%s} is beyond the items: a job has %d", inner, sc.columns)
	case sc.columns > 1:
		return at(s, i, hint, "{%s} is beyond the columns: an item has %d", inner, sc.columns)
	}
	return at(s, i, hint, "{%s} is beyond the columns: an item has one", inner)
}

// unknown is the error for what looks like a name and is none.
func (sc *scope) unknown(s string, i int, inner string) *UsageError {
	hint := "for a literal {" + inner + "} write {{" + inner + "}}"
	return at(s, i, hint, "{%s} is no column: the header has %s", inner, shownNames(sc.names))
}

// mostNames is how many names a message shows.
const mostNames = 12

func shownNames(names []string) string {
	rest := ""
	if len(names) > mostNames {
		rest = " and " + strconv.Itoa(len(names)-mostNames) + " more"
		names = names[:mostNames]
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quoteSource(n)
	}
	return strings.Join(quoted, " ") + rest
}

// doubled returns what stands between the doubled braces that s begins with.
// They are closed on the same line, or they aren't doubled braces.
func doubled(s string) (inner string, ok bool) {
	if !strings.HasPrefix(s, "{{") {
		return "", false
	}
	end := strings.Index(s[2:], "}}")
	if end < 0 || strings.IndexByte(s[2:2+end], '\n') >= 0 {
		return "", false
	}
	return s[2 : 2+end], true
}

// parse returns what the inside of a pair of braces stands for, and whether it
// says so by a name.
func (sc *scope) parse(inner string) (o op, named, ok bool) {
	if o, ok := sc.parseNamed(inner); ok {
		return o, true, true
	}
	if f, ok := loner(inner); ok {
		return op{form: f}, false, true
	}
	digits := 0
	if strings.HasPrefix(inner, "-") {
		digits = 1
	}
	first := digits
	for digits < len(inner) && isDigit(inner[digits]) {
		digits++
	}
	if digits == 1 && first == 1 || digits > first && inner[first] == '0' {
		return op{}, false, false
	}
	f, suffix, ok := parseEnding(inner[digits:])
	col := column(inner[first:digits])
	if first == 1 {
		col = -col
	}
	return op{form: f, col: col, suffix: suffix, nth: sc.items && col != 0}, false, ok
}

// parseNamed is parse for {name} and its endings: the longest name counts.
func (sc *scope) parseNamed(inner string) (o op, ok bool) {
	best := -1
	for i, name := range sc.names {
		if name == "" || !strings.HasPrefix(inner, name) || best >= 0 && len(name) <= len(sc.names[best]) {
			continue
		}
		if f, suffix, ok := parseEnding(inner[len(name):]); ok {
			best, o = i, op{form: f, col: i + 1, suffix: suffix}
		}
	}
	return o, best >= 0
}

// parseEnding is ending with suffixes.
func parseEnding(s string) (f form, suffix string, ok bool) {
	before, suffix, cut := strings.Cut(s, "^")
	f, ok = ending(before)
	if cut && (suffix == "" || f != formWhole && f != formBase || strings.ContainsAny(suffix, " \t\n\"'`$\\{")) {
		return 0, "", false
	}
	return f, suffix, ok
}

// column returns the number of a column, 0 for none; one that is too large
// is merely beyond the columns.
func column(digits string) int {
	if digits == "" {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return math.MaxInt32
	}
	return n
}

// isNumber reports whether s is made of digits.
func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

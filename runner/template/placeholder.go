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
	form form
	col  int  // from 1; 0 is the item itself
	nth  bool // col is the place of an item among the job's items
}

// integer reports whether every value of the op is a number.
func (o op) integer() bool { return o.form == formSeq || o.form == formSlot }

// ofItem reports whether the values of the op depend on the item.
func (o op) ofItem() bool { return !o.integer() }

// each reports whether the op has a value for each item of a job.
func (o op) each() bool { return o.ofItem() && !o.nth }

// A span is a stretch of a word or script that isn't taken as written: a
// placeholder, or a literal in doubled braces.
type span struct {
	start, end int
	literal    string // "{}" for {{}}; empty for a placeholder
	op         op
}

// maxColumns is how many columns an item has.
const maxColumns = 1

// scan finds the spans of s: of the usual list, or of replace if it isn't
// empty. The spans are in order and don't overlap.
func scan(s, replace string) ([]span, error) { return scanColumns(s, replace, maxColumns) }

// scanColumns is scan where the columns are that many.
func scanColumns(s, replace string, columns int) ([]span, error) {
	if replace != "" {
		return scanFor(s, replace), nil
	}
	var spans []span
	for i := 0; ; {
		next := strings.IndexByte(s[i:], '{')
		if next < 0 {
			return spans, nil
		}
		i += next
		sp, skip, err := scanBrace(s, i, columns)
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
func scanBrace(s string, i, columns int) (sp span, skip int, err error) {
	dollar := i > 0 && s[i-1] == '$'
	if inner, ok := doubled(s[i:]); ok {
		if !dollar && (inner == "" || isNumber(inner)) {
			return span{start: i, end: i + len(inner) + 4, literal: "{" + inner + "}"}, 0, nil
		}
		return sp, len(inner) + 4, nil
	}
	if dollar {
		return sp, 1, nil
	}
	if strings.HasPrefix(s[i:], "{=") {
		return sp, 0, at(s, i, "for {= as it is, choose another placeholder: -I @@", "{= perl =} isn't supported")
	}
	inner, _, closed := strings.Cut(s[i+1:], "}")
	if !closed {
		return sp, 1, nil
	}
	o, ok := parseOp(inner)
	if !ok || o.form == formQuoted && i > 0 && s[i-1] == '%' {
		return sp, 1, nil
	}
	if o.col > columns {
		return sp, 0, beyondColumns(s, i, inner, columns)
	}
	return span{start: i, end: i + len(inner) + 2, op: o}, 0, nil
}

func beyondColumns(s string, i int, inner string, columns int) *UsageError {
	hint := "for a literal {" + inner + "} choose another placeholder: -I @@"
	if isNumber(inner) {
		hint = "for a literal {" + inner + "} write {{" + inner + "}}"
	}
	if columns > 1 {
		return at(s, i, hint, "{%s} is beyond the items: a job has %d", inner, columns)
	}
	return at(s, i, hint, "{%s} is beyond the columns: an item has one", inner)
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

// parseOp returns what the inside of a pair of braces stands for.
func parseOp(inner string) (o op, ok bool) {
	if f, ok := loner(inner); ok {
		return op{form: f}, true
	}
	digits := 0
	for digits < len(inner) && isDigit(inner[digits]) {
		digits++
	}
	f, ok := ending(inner[digits:])
	if !ok || digits > 0 && inner[0] == '0' {
		return op{}, false
	}
	return op{form: f, col: column(inner[:digits])}, true
}

// column returns the number of a column, 0 for none; one that is too large
// is merely beyond the columns.
func column(digits string) int {
	if digits == "" {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return math.MaxInt
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

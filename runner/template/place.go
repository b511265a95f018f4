package template

// A place is where in a script a placeholder stands: it decides how its
// value is quoted.
type place uint8

const (
	placeBare      place = iota // a word or a part of one
	placeDouble                 // in "…"
	placeSingle                 // in '…'
	placeANSI                   // in $'…'
	placeDocument               // in a here-document
	placeVerbatim               // in a here-document with a quoted delimiter
	placeNumber                 // in arithmetic
	placeOperand                // all of an operand in arithmetic
	placePattern                // in a pattern inside ${…}, which keeps its own quotes
	placeParameter              // in a default that stands in "${…}" or a here-document
)

// expand returns how the variable is expanded there.
func (p place) expand(name string) string {
	switch p {
	case placeBare, placePattern:
		return `"$` + name + `"`
	case placeSingle:
		return `'"$` + name + `"'`
	case placeANSI:
		return `'"$` + name + `"$'`
	case placeOperand:
		return `(${` + name + `})`
	}
	return "${" + name + "}"
}

// number reports whether the shell would evaluate the value as arithmetic.
func (p place) number() bool {
	return p == placeNumber || p == placeOperand
}

// literal returns how the text of doubled braces is spelled there.
func (p place) literal(text string) string {
	switch p {
	case placeBare, placePattern:
		return "'" + text + "'"
	case placeParameter:
		return text[:len(text)-1] + `\}`
	}
	return text
}

// backslash says what an odd backslash before a placeholder does there: it
// is a byte like any other, it has to be doubled, or it has no good meaning.
func (p place) backslash() (doubled, refused bool) {
	switch p {
	case placeSingle, placeVerbatim:
		return false, false
	case placeDouble, placeDocument:
		return true, false
	}
	return false, true
}

package cmd

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"pmap/chunker"
)

// columnOptions say how a record becomes columns.
type columnOptions struct {
	colsep regexpValue
	csv    bool
	header string
	trim   choiceValue
}

func (o *columnOptions) addFlags(fs *pflag.FlagSet) {
	o.trim = choiceValue{allowed: []string{"n", "l", "r", "lr", "rl"}}
	fs.VarP(&o.colsep, "colsep", "C", "cut each record into columns {1} {2} ... at `REGEXP`, such as '\\t' or ','; implies --trim lr")
	fs.BoolVar(&o.csv, "csv", false, "records are CSV: quoted columns may hold separators and newlines; --colsep CHAR for another separator than a comma")
	fs.StringVar(&o.header, "header", "", "with `:`, the first record of each source names its columns: {name} is {1}, and so on; with --pipe, so many lines, or what matches this regular expression, come before each block")
	fs.Var(&o.trim, "trim", "drop white space of columns at the left, the right, both ends, or not (n)")
}

// cuts reports whether a record may be several columns.
func (o *columnOptions) cuts() bool { return o.csv || o.colsep.re != nil }

// wanted reports whether records aren't items as they are.
func (o *columnOptions) wanted() bool {
	return o.cuts() || o.header != "" || o.trimmed() != 0
}

// headers is how many records of a source are no items.
func (o *columnOptions) headers() int64 {
	if o.header != "" {
		return 1
	}
	return 0
}

// csvSeparator is the separator of columns in CSV, 0 without --csv.
func (o *columnOptions) csvSeparator() byte {
	switch {
	case !o.csv:
		return 0
	case o.colsep.re != nil:
		sep, _ := o.colsep.re.LiteralPrefix()
		return sep[0]
	}
	return ','
}

// cutter is nil where a record is one column.
func (o *columnOptions) cutter() chunker.Cutter {
	switch {
	case o.csv:
		return chunker.CutCSV(o.csvSeparator())
	case o.colsep.re != nil:
		return chunker.CutAt(o.colsep.re)
	}
	return nil
}

func (o *columnOptions) trimmed() chunker.Trim {
	switch o.trim.value {
	case "l":
		return chunker.TrimLeft
	case "r":
		return chunker.TrimRight
	case "lr", "rl":
		return chunker.TrimLeft | chunker.TrimRight
	case "":
		if o.colsep.re != nil && !o.csv {
			return chunker.TrimLeft | chunker.TrimRight
		}
	}
	return 0
}

func (o *columnOptions) conflict(given func(...string) bool) error {
	switch {
	case given("header") && o.header != ":" && !given("pipe"):
		return usage(fmt.Sprintf("--header %q is not known", o.header), "for names of columns in the first record: --header :")
	case o.csv && given("null", "delimiter"):
		return usage("the records of --csv end at newlines outside of quotes", "leave -0 and -d out; for columns of other records: --colsep REGEXP")
	case o.csv && o.colsep.re != nil && !o.colsep.isChar():
		return usage("the separator of --csv is one character", `--colsep ';' or --colsep '\t'`)
	}
	return nil
}

// regexpValue is a flag's regular expression.
type regexpValue struct{ re *regexp.Regexp }

// Set takes a character that matches nothing by itself, such as |, for that
// character.
func (v *regexpValue) Set(s string) error {
	if len(s) == 1 && strings.Contains("|^$", s) {
		s = regexp.QuoteMeta(s)
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return fmt.Errorf(`%w; write a regular expression, such as , or '\t' or ' +', as https://golang.org/s/re2syntax has it`, err)
	}
	if re.MatchString("") {
		return fmt.Errorf("write a regular expression that matches at least one byte")
	}
	v.re = re
	return nil
}

func (v *regexpValue) String() string {
	if v.re == nil {
		return ""
	}
	return v.re.String()
}

func (v *regexpValue) Type() string { return "REGEXP" }

// isChar reports whether the expression is one byte that can separate the
// columns of CSV.
func (v *regexpValue) isChar() bool {
	sep, literal := v.re.LiteralPrefix()
	return literal && len(sep) == 1 && sep != `"` && sep != "\n" && sep != "\r"
}

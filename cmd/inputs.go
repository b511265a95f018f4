package cmd

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"pmap/chunker"
)

// inputOptions say what the items are and where they come from.
type inputOptions struct {
	files      filesValue
	null       bool
	delimiter  delimiterValue
	skipBlank  bool
	endMark    string // -E
	link       bool
	argSep     separatorValue
	argFileSep separatorValue
	total      countValue
	columns    columnOptions
	selection  selectOptions
}

func (o *inputOptions) AddFlags(fs *pflag.FlagSet) {
	o.argSep, o.argFileSep = ":::", "::::"
	fs.VarP(&o.files, "arg-file", "a", "read the items from `FILE` instead of standard input; - is standard input. Several are combined as several ::: are")
	fs.BoolVarP(&o.null, "null", "0", false, "items end with a NUL, as find -print0 writes them")
	fs.VarP(&o.delimiter, "delimiter", "d", "items end with `STRING`, in which \\n \\t \\0 \\xHH and the like stand for bytes")
	fs.BoolVar(&o.skipBlank, "skip-blank", false, "leave out items that hold nothing but white space")
	fs.StringVarP(&o.endMark, "eof", "E", "", "end the input at an item that is exactly `STRING`")
	fs.VarPF((*optionalValue)(&o.endMark), "end-string", "e", "same as -E `STRING`; without one, nothing ends the input early").NoOptDefVal = noValue
	fs.BoolVar(&o.link, "link", false, "take one record of each source together, as :::+ does, instead of every combination")
	fs.BoolVar(&o.link, "xapply", false, "same as --link")
	fs.Var(&o.argSep, "arg-sep", "`STRING` stands for :::")
	fs.Var(&o.argFileSep, "arg-file-sep", "`STRING` stands for ::::")
	fs.Var(&o.total, "total", "how many items will come, where they can't be counted ahead: for what pmap says of the run")
	o.columns.addFlags(fs)
	o.selection.addFlags(fs)
}

// plain has every record be an item as it is, and none left out. It reports
// whether that changes anything.
func (o *inputOptions) plain() (changed bool) {
	changed = o.columns.wanted() || o.selection.wanted() || o.endMark != "" || o.skipBlank || o.link
	o.columns, o.selection = columnOptions{}, selectOptions{}
	o.endMark, o.skipBlank, o.link = "", false, false
	return changed
}

// separators are the words that begin sources.
func (o *inputOptions) separators() separators {
	return separators{values: string(o.argSep), files: string(o.argFileSep)}
}

// split finds the command and all sources: those of -a come first, and
// without any there is standard input.
func (o *inputOptions) split(words []string) (*commandLine, error) {
	line, err := o.separators().split(words)
	if err != nil {
		return nil, err
	}
	var named []source
	for _, name := range o.files {
		named = append(named, source{file: name})
	}
	line.sources = append(named, line.sources...)
	if len(line.sources) == 0 {
		line.sources = []source{{file: standardInput}}
	}
	if first := &line.sources[0]; first.linked {
		return nil, usage("there is no source before "+o.argSep.linked()+" or "+o.argFileSep.linked()+" to link it with",
			"write "+string(o.argSep)+" or "+string(o.argFileSep)+" for the first one")
	}
	for i := range line.sources {
		s := &line.sources[i]
		s.byLink = i > 0 && o.link && !s.linked
		s.linked = s.linked || s.byLink
		if s.file == "" {
			s.values = o.kept(s.values)
		}
	}
	return line, nil
}

// delim is what ends a record, in the input and in --failed-to's file.
func (o *inputOptions) delim() []byte {
	switch {
	case o.null:
		return []byte{0}
	case len(o.delimiter) > 0:
		return o.delimiter
	}
	return []byte{'\n'}
}

// kept are the values that become items.
func (o *inputOptions) kept(values []string) []string {
	if !o.skipBlank {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return chunker.Blank([]byte(v)) })
}

// rows reports whether items have several columns, or may have.
func (o *inputOptions) rows(words *commandLine) bool {
	return len(words.sources) > 1 || o.columns.cuts()
}

// known is the number of items where it is known ahead, else -1.
func (o *inputOptions) known(words *commandLine) int64 {
	switch {
	case words.allValues() && o.endMark == "":
		n := int64(1)
		for i := range words.sources {
			if s := &words.sources[i]; !s.linked {
				n = mulClamped(n, max(0, int64(len(s.values))-o.columns.headers()))
			}
		}
		return o.selection.of(n)
	case o.total > 0:
		return int64(o.total)
	}
	return -1
}

// mulClamped is the product of two counts, or something huge.
func mulClamped(a, b int64) int64 {
	const huge = 1 << 62
	if a > 0 && b > huge/a {
		return huge
	}
	return a * b
}

// conflict refuses sources that can't stand together, or nothing can be made
// of.
func (o *inputOptions) conflict(given func(...string) bool, words *commandLine) error {
	switch {
	case given("null") && given("delimiter"):
		return usage("-0 and -d both say how an item ends", `keep one of them: -0 is -d '\0'`)
	case given("delimiter") && words.allValues() && !given("failed-to", "builtin"):
		return usage("-d says how the items of a file end, and values are items as they are", "leave -d out; to cut a value: printf %s VALUE | pmap -d STRING COMMAND")
	case given("total") && words.allValues():
		return usage("--total is for items that can't be counted ahead, and values can", "leave --total out")
	case o.argSep == o.argFileSep:
		return usage("--arg-sep and --arg-file-sep are the same", "leave one of them out")
	}
	return cmp.Or(o.sourcesConflict(words), o.columns.conflict(given), o.selection.conflict(given))
}

func (o *inputOptions) sourcesConflict(words *commandLine) error {
	stdin := 0
	for i := range words.sources {
		if words.sources[i].file == standardInput {
			stdin++
		}
	}
	if stdin > 1 {
		return usage("standard input is given as two sources, but can be read once", "write one of them to a file")
	}
	for i := range words.sources {
		if err := o.linkConflict(words, i); err != nil {
			return err
		}
	}
	return nil
}

// linkConflict refuses linked values where it can be seen that they aren't
// equally many.
func (o *inputOptions) linkConflict(words *commandLine, i int) error {
	if i == 0 || !words.sources[i].linked || o.endMark != "" {
		return nil
	}
	s, before := &words.sources[i], &words.sources[i-1]
	if s.file != "" || before.file != "" || len(s.values) == len(before.values) {
		return nil
	}
	link := "leave the link out: " + string(o.argSep) + " " + shownValue(s, before)
	if s.byLink {
		link = "leave --link out, and write " + o.argSep.linked() + " between sources that are to be linked"
	}
	return usage(fmt.Sprintf("%s has %s, and %s, which it is linked to, has %d", words.name(i, o.separators()), countOf(len(s.values), "value"),
		words.name(i-1, o.separators()), len(before.values)),
		"linked sources need as many each; for a value that goes with all, "+link)
}

// shownValue is an example of the shorter of two sources.
func shownValue(a, b *source) string {
	if len(b.values) < len(a.values) {
		a = b
	}
	if len(a.values) == 0 {
		return "VALUE"
	}
	return a.values[0]
}

// separatorValue is a word that begins a source.
type separatorValue string

func (v *separatorValue) Set(s string) error {
	if s == "" {
		return fmt.Errorf("write a word that is none of the command's, such as ,,")
	}
	*v = separatorValue(s)
	return nil
}

func (v *separatorValue) String() string { return string(*v) }
func (v *separatorValue) Type() string   { return "STRING" }

// linked is the separator of a source that is linked to the one before.
func (v *separatorValue) linked() string { return string(*v) + "+" }

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

package cmd

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner"
	"pmap/startmode"
)

// inputOptions say what the items are and where they come from.
type inputOptions struct {
	files     filesValue
	null      bool
	delimiter delimiterValue
	skipBlank bool
	endMark   string // -E
	total     countValue
}

func (o *inputOptions) AddFlags(fs *pflag.FlagSet) {
	fs.VarP(&o.files, "arg-file", "a", "read the items from `FILE` instead of standard input; - is standard input")
	fs.BoolVarP(&o.null, "null", "0", false, "items end with a NUL, as find -print0 writes them")
	fs.VarP(&o.delimiter, "delimiter", "d", "items end with `STRING`, in which \\n \\t \\0 \\xHH and the like stand for bytes")
	fs.BoolVar(&o.skipBlank, "skip-blank", false, "leave out items that hold nothing but white space")
	fs.StringVarP(&o.endMark, "eof", "E", "", "end the input at an item that is exactly `STRING`")
	fs.VarPF((*optionalValue)(&o.endMark), "end-string", "e", "same as -E `STRING`; without one, nothing ends the input early").NoOptDefVal = noValue
	fs.Var(&o.total, "total", "how many items will come, where they can't be counted ahead: for what pmap says of the run")
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

// fromStdin reports whether items are read from standard input.
func (o *inputOptions) fromStdin(words *commandLine) bool {
	return !words.hasValues && (len(o.files) == 0 || o.files[0] == "-")
}

// stat looks at the file that is read; ok is false where there is none.
func (o *inputOptions) stat(words *commandLine, stdin int) (st unix.Stat_t, ok bool) {
	switch {
	case words.hasValues:
		return st, false
	case o.fromStdin(words):
		return st, unix.Fstat(stdin, &st) == nil
	}
	return st, unix.Stat(o.files[0], &st) == nil
}

// open makes the source. close is to be called after the run.
func (o *inputOptions) open(words *commandLine, stdin int, notice func(string)) (src runner.Source, close func(), err error) {
	if words.hasValues {
		return o.until(chunker.Values(o.values(words))), func() {}, nil
	}
	in, err := o.openFile(words, stdin)
	if err != nil {
		return nil, nil, err
	}
	if !startmode.IgnoredAtStart(unix.SIGTTIN) {
		in.StopInBackground()
	}
	src = chunker.NewSource(in, o.source(words, notice))
	return o.until(src), func() { in.Close() }, nil
}

// source says how the input is cut.
func (o *inputOptions) source(words *commandLine, notice func(string)) chunker.Options {
	delim := o.delim()
	opt := chunker.Options{
		Delimiter: delim,
		Lines:     bytes.Equal(delim, []byte{'\n'}),
		SkipBlank: o.skipBlank,
		Notice:    notice,
	}
	if o.fromStdin(words) {
		opt.Name = "standard input"
	}
	return opt
}

// openBlocks opens an input that workers can read themselves; blocks is nil
// where it is none.
func (o *inputOptions) openBlocks(words *commandLine, stdin int, notice func(string)) (blocks *chunker.Blocks, close func(), err error) {
	st, ok := o.stat(words, stdin)
	if !ok || st.Mode&unix.S_IFMT != unix.S_IFREG || o.endMark != "" {
		return nil, nil, nil
	}
	in, err := o.openFile(words, stdin)
	if err != nil {
		return nil, nil, err
	}
	if blocks, ok = chunker.NewBlocks(in, o.source(words, notice)); !ok {
		in.Close()
		return nil, nil, nil
	}
	return blocks, func() { blocks.Close(); in.Close() }, nil
}

func (o *inputOptions) openFile(words *commandLine, stdin int) (*chunker.Input, error) {
	if o.fromStdin(words) {
		return chunker.NewInput(stdin), nil
	}
	return chunker.OpenFile(o.files[0])
}

// values are the ::: values that become items.
func (o *inputOptions) values(words *commandLine) []string {
	if !o.skipBlank {
		return words.values
	}
	var kept []string
	for _, v := range words.values {
		if strings.Trim(v, " \t\n\v\f\r") != "" {
			kept = append(kept, v)
		}
	}
	return kept
}

// known is the number of items where it is known ahead, else -1.
func (o *inputOptions) known(words *commandLine) int64 {
	switch {
	case words.hasValues && o.endMark == "":
		return int64(len(o.values(words)))
	case o.total > 0:
		return int64(o.total)
	}
	return -1
}

func (o *inputOptions) until(src runner.Source) runner.Source {
	if o.endMark == "" {
		return src
	}
	return &markedSource{Source: src, mark: []byte(o.endMark)}
}

// A markedSource ends at the first record that is exactly its mark.
type markedSource struct {
	runner.Source
	mark  []byte
	ended bool
}

func (s *markedSource) Next() (chunker.Item, error) {
	if s.ended {
		return chunker.Item{}, io.EOF
	}
	item, err := s.Source.Next()
	if err == nil && bytes.Equal(item.Record, s.mark) {
		s.ended = true
		return chunker.Item{}, io.EOF
	}
	return item, err
}

func (s *markedSource) Ready() bool { return s.ended || s.Source.Ready() }

// terminalNotice is for somebody who sees nothing happen.
const terminalNotice = "reading items from the terminal, one a line, up to Ctrl-D; to give them as words: pmap COMMAND ::: ITEM..."

// severalSources refuses what a later version may take.
func severalSources(files []string) error {
	if len(files) > 1 {
		return usage(fmt.Sprintf("-a is given %d times, but only one input can be read", len(files)),
			"to read the files one after the other: cat FILE... | pmap COMMAND")
	}
	return nil
}

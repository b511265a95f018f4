package cmd

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner/template"
	"pmap/startmode"
)

// allValues reports whether nothing has to be read.
func (l *commandLine) allValues() bool {
	return !slices.ContainsFunc(l.sources, func(s source) bool { return s.file != "" })
}

// fromStdin reports whether standard input is read.
func (l *commandLine) fromStdin() bool {
	return slices.ContainsFunc(l.sources, func(s source) bool { return s.file == standardInput })
}

// stdinAlone reports whether no other source is named.
func (l *commandLine) stdinAlone() bool {
	return len(l.sources) == 1 && l.sources[0].file == standardInput
}

// name is how messages name the i-th source.
func (l *commandLine) name(i int, seps separators) string {
	switch s := &l.sources[i]; {
	case s.file == standardInput:
		return "standard input"
	case s.file != "":
		return strconv.Quote(s.file)
	case len(l.sources) == 1:
		return "what stands after " + strconv.Quote(seps.values)
	case s.linked && !s.byLink:
		return fmt.Sprintf("source %d (%s+)", i+1, seps.values)
	}
	return fmt.Sprintf("source %d (%s)", i+1, seps.values)
}

// stats are those of the files that are read.
func (l *commandLine) stats(stdin int) (all []unix.Stat_t) {
	for i := range l.sources {
		if st, ok := l.sources[i].stat(stdin); ok {
			all = append(all, st)
		}
	}
	return all
}

// stat looks at the source's file; ok is false where there is none.
func (s *source) stat(stdin int) (st unix.Stat_t, ok bool) {
	switch s.file {
	case "":
		return st, false
	case standardInput:
		return st, unix.Fstat(stdin, &st) == nil
	}
	return st, unix.Stat(s.file, &st) == nil
}

// An input is the sources, opened and put together.
type input struct {
	stream  chunker.Stream
	shares  *chunker.ShareSource // in its place under --pipe
	names   []string             // of the columns, nil without a header
	header  []byte               // as --failed-to's file has to have it
	closers []func()
}

func (in *input) close() {
	for _, c := range in.closers {
		c()
	}
}

// An opener opens the sources of a command line.
type opener struct {
	*inputOptions
	words  *commandLine
	stdin  int
	pad    bool
	notice func(string)
	in     *input
	first  []chunker.Item // header of each source
}

// open opens all sources and reads their headers, if they have any. What is
// returned is to be closed after the run.
func (o *inputOptions) open(words *commandLine, stdin int, pad bool, notice func(string)) (*input, error) {
	op := &opener{inputOptions: o, words: words, stdin: stdin, pad: pad, notice: notice, in: &input{}}
	if words.fromStdin() && isTerminal(stdin) {
		notice(terminalNotice)
	}
	streams := make([]chunker.Named, len(words.sources))
	for i := range streams {
		s, err := op.open(i)
		if err != nil {
			op.in.close()
			return nil, err
		}
		streams[i] = chunker.Named{Stream: s, Name: words.name(i, o.separators())}
	}
	if err := op.columns(streams); err != nil {
		op.in.close()
		return nil, err
	}
	op.in.stream = o.selection.apply(chunker.Product(op.link(streams), notice))
	return op.in, nil
}

// open opens the i-th source.
func (o *opener) open(i int) (chunker.Stream, error) {
	s := &o.words.sources[i]
	if s.file == "" {
		return o.until(chunker.Values(s.values)), nil
	}
	in, err := s.open(o.stdin)
	if err != nil {
		return nil, err
	}
	o.in.closers = append(o.in.closers, func() { in.Close() })
	if !startmode.IgnoredAtStart(unix.SIGTTIN) {
		in.StopInBackground()
	}
	return o.until(chunker.NewSource(in, o.cut(o.words, i, o.notice))), nil
}

// open opens the source's file.
func (s *source) open(stdin int) (*chunker.Input, error) {
	if s.file == standardInput {
		return chunker.NewInput(stdin), nil
	}
	return chunker.OpenFile(s.file)
}

// cut says how the i-th source is cut into records.
func (o *inputOptions) cut(words *commandLine, i int, notice func(string)) chunker.Options {
	delim := o.delim()
	return chunker.Options{
		Delimiter: delim,
		Lines:     bytes.Equal(delim, []byte{'\n'}),
		CSV:       o.columns.csvSeparator(),
		Mark:      o.columns.csv || o.columns.header != "",
		SkipBlank: o.skipBlank,
		Name:      words.name(i, o.separators()),
		Notice:    notice,
	}
}

// openBlocks opens an input that workers can read themselves; blocks is nil
// where it is none.
func (o *inputOptions) openBlocks(words *commandLine, stdin int, notice func(string)) (blocks *chunker.Blocks, close func(), err error) {
	s := &words.sources[0]
	st, ok := s.stat(stdin)
	if !ok || st.Mode&unix.S_IFMT != unix.S_IFREG || len(words.sources) > 1 || o.endMark != "" || o.columns.wanted() || o.selection.wanted() {
		return nil, nil, nil
	}
	in, err := s.open(stdin)
	if err != nil {
		return nil, nil, err
	}
	if blocks, ok = chunker.NewBlocks(in, o.cut(words, 0, notice)); !ok {
		in.Close()
		return nil, nil, nil
	}
	return blocks, func() { blocks.Close(); in.Close() }, nil
}

// columns makes rows of each source's records, and takes the headers off.
func (o *opener) columns(streams []chunker.Named) error {
	opt := &o.inputOptions.columns
	if !opt.wanted() {
		return nil
	}
	for i := range streams {
		c := chunker.NewColumns(streams[i], chunker.ColumnOptions{
			Cut: opt.cutter(), Trim: opt.trimmed(), Equal: opt.cuts() && i+1 < len(streams), Pad: o.pad,
		})
		streams[i].Stream = c
		if opt.header == "" {
			continue
		}
		header, names, err := c.Header()
		if err != nil {
			return err
		}
		o.first, o.in.names = append(o.first, header), append(o.in.names, names...)
	}
	if opt.header != "" {
		o.in.header = o.headerRecord()
		o.checkNames()
	}
	return nil
}

// headerRecord is the header as the file of failed records has to have it.
func (o *opener) headerRecord() []byte {
	if len(o.first) == 1 {
		return o.first[0].AppendSource(nil, o.delim())
	}
	var columns [][]byte
	for _, name := range o.in.names {
		columns = append(columns, []byte(name))
	}
	return chunker.AppendCSV(nil, columns)
}

// checkNames says which name stands for two columns. The empty one is no
// placeholder's.
func (o *opener) checkNames() {
	seen := make(map[string]bool, len(o.in.names))
	for i, name := range o.in.names {
		if seen[name] && name != "" {
			o.notice(fmt.Sprintf("the header has the name %q twice: {%s} is the first of these columns, and {%d} this one", name, name, i+1))
		}
		seen[name] = true
	}
}

// link makes a stream of each group of linked sources.
func (o *opener) link(streams []chunker.Named) (groups []chunker.Named) {
	for from := 0; from < len(streams); {
		to := from + 1
		for to < len(streams) && o.words.sources[to].linked {
			to++
		}
		groups = append(groups, chunker.Named{Stream: chunker.Link(streams[from:to]), Name: streams[from].Name})
		from = to
	}
	return groups
}

// templateColumns is what the command can name of an item.
func (o *inputOptions) templateColumns(words *commandLine, names []string) template.Columns {
	c := template.Columns{Several: o.rows(words), Names: names}
	switch {
	case names != nil:
		c.Count, c.Several = len(names), len(names) > 1
	case !o.columns.cuts():
		c.Count = len(words.sources)
	}
	return c
}

func (o *inputOptions) until(src chunker.Stream) chunker.Stream {
	if o.endMark == "" {
		return src
	}
	return &markedSource{Stream: src, mark: []byte(o.endMark)}
}

// A markedSource ends at the first record that is exactly its mark.
type markedSource struct {
	chunker.Stream
	mark  []byte
	ended bool
}

func (s *markedSource) Next() (chunker.Item, error) {
	if s.ended {
		return chunker.Item{}, io.EOF
	}
	item, err := s.Stream.Next()
	if err == nil && bytes.Equal(item.Record, s.mark) {
		s.ended = true
		return chunker.Item{}, io.EOF
	}
	return item, err
}

func (s *markedSource) Ready() bool { return s.ended || s.Stream.Ready() }

// terminalNotice is for somebody who sees nothing happen.
const terminalNotice = "reading items from the terminal, one a line, up to Ctrl-D; to give them as words: pmap COMMAND ::: ITEM..."

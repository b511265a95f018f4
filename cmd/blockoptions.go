package cmd

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/runner"
	"pmap/runner/template"
	"pmap/startmode"
)

// blockOptions say how the input is divided into blocks, of which each job
// reads one.
type blockOptions struct {
	pipe       bool
	size       blockSizeValue
	start      string
	end        string
	regexp     bool
	timeout    durationValue
	cat        bool
	roundRobin bool

	// What -N, -L and --header say under --pipe: the records of a block, the
	// lines of a record, and what of the input comes before each block.
	records, lines numberValue
	header         string
}

func (o *blockOptions) AddFlags(fs *pflag.FlagSet) {
	o.size = blockSizeValue{bytes: 1 << 20}
	fs.BoolVar(&o.pipe, "pipe", false, "each job reads a block of the input as its stdin; -N says how many records it has, -L how many lines a record")
	fs.Var(&o.size, "block", "up to `SIZE` bytes in each block, more where one record has more; -1: one block for each slot")
	fs.StringVar(&o.start, "recstart", "", "a record begins with `STRING`, in which \\n and the like stand for bytes")
	fs.StringVar(&o.end, "recend", "", "a record ends with `STRING` (default a newline)")
	fs.BoolVar(&o.regexp, "regexp", false, "--recstart and --recend are regular expressions")
	fs.BoolVar(&o.cat, "cat", false, "each job finds its block in a file, which {} names and which is removed afterwards, and not in its stdin")
	fs.BoolVar(&o.roundRobin, "round-robin", false, "start no more jobs than run at a time; each reads on, and gets the next block when it has room for one")
	fs.Var(&o.timeout, "block-timeout", "send the records that are there when a block isn't full after `DURATION`")
}

// adopt takes over what options of items say under --pipe.
func (o *blockOptions) adopt(all *options) {
	if !o.pipe {
		return
	}
	o.records, o.lines, o.header = all.pack.items, all.pack.lines, all.input.columns.header
	all.pack.items, all.pack.lines, all.input.columns.header = numberValue{}, numberValue{}, ""
}

// blockConflict is about --pipe and what it leaves without a meaning.
func (o *options) blockConflict(given func(...string) bool, words *commandLine) error {
	if !o.blocks.pipe {
		for _, name := range []string{"block", "recstart", "recend", "regexp", "cat", "round-robin", "block-timeout"} {
			if given(name) {
				return usage("--"+name+" is about blocks, which --pipe makes of the input", "add --pipe, or leave --"+name+" out")
			}
		}
		return nil
	}
	return cmp.Or(o.pipeInputConflict(given, words), o.pipeJobConflict(given), o.roundRobinConflict(given), o.blocks.conflict(given))
}

func (o *options) pipeInputConflict(given func(...string) bool, words *commandLine) error {
	switch {
	case slices.ContainsFunc(words.sources, func(s source) bool { return s.file == "" }):
		return usage("::: gives items, and --pipe gives each job a block of standard input", "to read files: -a FILE")
	case given("skip-blank", "eof", "end-string"):
		return usage("--skip-blank, -E and -e are about items, and under --pipe there are none: blocks are passed on as they are", "leave them out")
	case given("colsep", "csv", "trim", "link", "xapply", "shuf", "seed", "skip", "head", "part"):
		return usage("--colsep, --csv, --trim, --link, --shuf, --skip, --head and --part are about items, and under --pipe there are none", "leave them out")
	case given("header") && o.blocks.header == "":
		return usage("--header is empty", "write a number of lines, or a regular expression for them")
	case given("total"):
		return usage("--total counts items, and under --pipe there are none", "leave it out")
	case given("max-args"):
		return usage("-n puts items into a command, and under --pipe there are none", "for so many records in each block: -N")
	case given("context", "multiple", "xargs", "max-chars", "exit", "pad"):
		return usage("-X, -m, --xargs, -s, -x and --pad put items into a command, and under --pipe there are none", "how much each job reads --block, -N and -L say")
	case given("max-replace-args") && o.blocks.records.n == 0:
		return usage("-N 0 leaves a block no record", "leave it out: then --block says how much a job reads")
	case given("max-lines", "max-lines-old") && o.blocks.lines.n == 0:
		return usage("-L 0 leaves a record no line", "leave it out: then each line is one")
	}
	return nil
}

func (o *options) pipeJobConflict(given func(...string) bool) error {
	switch {
	case given("builtin", "chunksize"):
		return usage("built-in workers take items, and under --pipe there are none", "leave --pipe or --builtin out")
	case o.warm.coproc != "":
		return usage("--coproc takes items, and under --pipe there are none", "leave --pipe or --coproc out")
	case given("retry-failed"):
		return usage("--retry-failed runs commands again, and under --pipe they would lack their blocks", "to run the failed blocks again, of the same input: --resume-failed")
	case given("journal"):
		return usage("a journal tells jobs apart by their items, and under --pipe there are none", "leave --pipe or --journal out")
	case o.blocks.cat:
		return nil // there is an item: the file's name
	case o.command.only() == "{}":
		return usage("-i and -I put the item where {} stands, and under --pipe there is none", "leave -i out; add --cat, and {} is the name of a file with the block")
	case o.output.tag:
		return usage("--tag is the item, and under --pipe there is none", "for the number of the block: --tagstring {#}")
	case given("stdin"):
		return usage("--stdin and --pipe both say what a job reads", "keep one of them")
	case o.pool.terminal:
		return usage("-o gives the terminal to a job, and --pipe a block of the input", "add --cat, which gives it a file")
	case o.warm.noCommand():
		return usage(o.warm.name()+" takes items, and under --pipe there are none", "add --cat: then the item is the name of a file")
	}
	return nil
}

// roundRobinConflict is about jobs that go on reading.
func (o *options) roundRobinConflict(given func(...string) bool) error {
	switch {
	case !o.blocks.roundRobin:
		return nil
	case o.blocks.cat:
		return usage("--cat gives each job one file, and with --round-robin it gets one block after the other", "keep one of them")
	case o.failure.tries != 1:
		return usage("--round-robin doesn't keep what a job has read, so that it can't be tried again", "leave --tries out, or --round-robin")
	case given("failed-to"):
		return usage("--round-robin doesn't keep what a job has read, so that --failed-to can't get it", "leave one of them out")
	case o.records.resumes():
		return usage("with --round-robin chance decides what a job reads, so that an earlier run says nothing", "leave --resume out, or --round-robin")
	case o.blocks.size.parts > 0:
		return usage("--block -1 gives each job one block, and --round-robin one after the other", "keep one of them")
	}
	return nil
}

// packing is how a command takes a job's item: there is one under --cat.
func (o *blockOptions) packing() template.Packing {
	if o.cat {
		return template.Packing{}
	}
	return template.Packing{Mode: template.None}
}

// scratchName is that of a directory which isn't there yet. It is absolute, for
// the guardian's sake.
func scratchName(temp string) string {
	name := filepath.Join(temp, "pmap-"+strconv.FormatUint(rand.Uint64(), 36))
	if abs, err := filepath.Abs(name); err == nil {
		return abs
	}
	return name
}

// conflict refuses what the options of blocks say against each other.
func (o *blockOptions) conflict(given func(...string) bool) error {
	marks := given("recstart", "recend")
	switch {
	case given("null", "delimiter") && marks:
		return usage("-0 and -d say how a record ends, and so do --recstart and --recend", "keep one of them")
	case given("max-lines", "max-lines-old") && marks:
		return usage("-L makes a record of lines, and --recstart and --recend say otherwise", "keep one of them")
	case o.regexp && !marks:
		return usage("--regexp is about --recstart and --recend, and there is none", "leave it out")
	case marks && o.start == "" && o.end == "":
		return usage("--recstart and --recend are empty, so no record would end", "leave them out: then each line is a record")
	case o.size.parts > 0 && (given("max-replace-args", "max-lines", "max-lines-old") || o.regexp):
		return usage("--block -1 divides a file without reading all of it, and -N, -L and --regexp need that", "give a size, such as --block 10M")
	case given("block-timeout") && o.timeout == 0:
		return usage("--block-timeout 0 leaves no time to fill a block", "leave it out, or give a time such as 1s")
	}
	return nil
}

// options are the source's. slots is how many jobs run at a time.
func (o *blockOptions) options(delim []byte, slots int) (opt *chunker.ShareOptions, err error) {
	opt = &chunker.ShareOptions{
		Size: int(o.size.bytes), Parts: o.size.parts * slots,
		Records: int(o.records.n), Lines: int(o.lines.n),
		RecordEnd: delim, Timeout: time.Duration(o.timeout),
	}
	if o.start != "" || o.end != "" {
		opt.RecordEnd = nil
		err = o.marks(opt)
	}
	if err == nil {
		opt.Header, err = o.headerOf(delim)
	}
	return opt, err
}

// marks sets what a record begins and ends with.
func (o *blockOptions) marks(opt *chunker.ShareOptions) (err error) {
	if o.regexp {
		if _, err = regexp.Compile(o.end); err == nil {
			_, err = regexp.Compile(o.start)
		}
		if err != nil {
			return usage("--recstart, --recend: "+err.Error(), "")
		}
		opt.RecordPattern = regexp.MustCompile("((?:" + o.end + "))(?:" + o.start + ")")
		return nil
	}
	if opt.RecordEnd, err = unescape(o.end); err == nil {
		opt.RecordStart, err = unescape(o.start)
	}
	if err != nil {
		return usage("--recstart, --recend: "+err.Error(), "")
	}
	return nil
}

// headerOf reads --header's value: so many lines, or what they match.
func (o *blockOptions) headerOf(delim []byte) (h chunker.ShareHeader, err error) {
	switch {
	case o.header == "":
		return h, nil
	case o.header == ":":
		return chunker.ShareHeader{Lines: 1, LineEnd: delim}, nil
	case strings.Trim(o.header, "0123456789") == "":
		n, err := strconv.Atoi(o.header)
		if err != nil || n > math.MaxInt32 {
			return h, usage("--header "+o.header+" is too large", "")
		}
		return chunker.ShareHeader{Lines: n, LineEnd: delim}, nil
	}
	if h.Pattern, err = regexp.Compile(`\A(?:` + o.header + `)`); err != nil {
		return h, usage("--header: "+err.Error(), "write a number of lines, or a regular expression for them such as '(#.*\\n)*'")
	}
	return h, nil
}

// openShares opens all sources.
func (o *options) openShares(pl *plan, p Process, con *console) (*input, error) {
	if pl.words.fromStdin() && isTerminal(p.Stdin) {
		con.say(pipedNotice)
	}
	opened, files := &input{}, make([]*chunker.Input, len(pl.words.sources))
	for i := range files {
		f, err := pl.words.sources[i].open(p.Stdin)
		if err != nil {
			opened.close()
			return nil, err
		}
		opened.closers = append(opened.closers, func() { f.Close() })
		if !startmode.IgnoredAtStart(unix.SIGTTIN) {
			f.StopInBackground()
		}
		files[i] = f
	}
	if pl.shares.Parts > 0 && !chunker.AllRegular(files) {
		opened.close()
		return nil, usage("--block -1 divides a regular file, and the input isn't one", "give a size, such as --block 10M, or the file itself: -a FILE or < FILE")
	}
	opened.shares = chunker.NewShareSource(files, *pl.shares)
	return opened, nil
}

// setShares gives the jobs shares of the input, where that is what they get.
func (r *execution) setShares(cfg *runner.Config) {
	if r.plan.shares == nil {
		return
	}
	cfg.Chunks, cfg.Deal, cfg.Scratch = r.plan.input.shares, r.blocks.roundRobin, r.plan.scratch
	cfg.Delimiter = r.plan.shares.RecordEnd // none where only a record's beginning is known
	if d := cfg.Jobs.Dir; cfg.Scratch != "" && d != nil && d.Temp != "" {
		cfg.Scratch = d.Temp + "/blocks" // what is removed with the jobs' directories
	}
}

// pipedNotice is terminalNotice for blocks.
const pipedNotice = "reading the jobs' input from the terminal, up to Ctrl-D"

// blockSizeValue is --block's: a size, or how many blocks each slot gets.
type blockSizeValue struct {
	bytes int64
	parts int
}

func (v *blockSizeValue) Set(s string) error {
	if n, err := strconv.Atoi(s); err == nil && n < 0 && n > -1<<20 {
		*v = blockSizeValue{parts: -n}
		return nil
	}
	n, err := parseSize(s)
	if err != nil {
		return fmt.Errorf("%w; or -1 for one block for each slot", err)
	}
	if n == 0 {
		return fmt.Errorf("a block can't be empty")
	}
	*v = blockSizeValue{bytes: n}
	return nil
}

func (v *blockSizeValue) String() string { return "1M" }
func (v *blockSizeValue) Type() string   { return "SIZE" }

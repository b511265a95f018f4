package cmd

import (
	"fmt"
	"math"

	"github.com/spf13/pflag"

	"pmap/chunker"
	"pmap/runner/template"
	"pmap/startmode"
)

// packOptions say how many items go into one command, and how.
type packOptions struct {
	repeat bool // -X
	splice bool // -m
	fill   bool // --xargs
	items  numberValue
	lines  numberValue
	size   sizeValue
	exit   bool // -x
	pad    bool
}

func (o *packOptions) AddFlags(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.repeat, "context", "X", false, "as many items in each command as fit, the rest spread over the jobs; a word with {} is repeated for each: --in=a --in=b")
	fs.BoolVarP(&o.splice, "multiple", "m", false, "the same, but the items are put where {} stands: --in=a b")
	fs.BoolVar(&o.fill, "xargs", false, "as -m, and no command has fewer items than fit")
	fs.VarP(&o.items, "max-args", "n", "up to `N` items in each command, {1} and so on by position; 0: one, which isn't put in")
	fs.VarP(&o.items, "max-replace-args", "N", "same as -n `N`")
	fs.VarP(&o.lines, "max-lines", "L", "up to `N` lines in each command; blank ones are left out, one that ends in a blank goes on in the next; implies -x")
	fs.VarPF(&o.lines, "max-lines-old", "l", "same as -L `N`, by itself as -L 1").NoOptDefVal = "1"
	fs.VarP(&o.size, "max-chars", "s", "up to `SIZE` bytes in each command, the NULs at the ends of its words included")
	fs.BoolVarP(&o.exit, "exit", "x", false, "end the run where the items of a command don't fit, or one by itself doesn't")
	fs.BoolVar(&o.pad, "pad", false, "with -n: fill the last command up with empty items")
}

// packFlags are the options that AddFlags adds.
var packFlags = []string{"context", "multiple", "xargs", "max-args", "max-replace-args", "max-lines", "max-lines-old", "max-chars", "exit", "pad"}

// none reports whether the items aren't put into the command.
func (o *packOptions) none() bool {
	return (o.items.given || o.lines.given) && o.items.n+o.lines.n == 0
}

// several reports whether a job may get more than one item.
func (o *packOptions) several() bool {
	return o.items.n > 1 || o.lines.n > 0 ||
		!o.items.given && (o.repeat || o.splice || o.fill || o.size.bytes > 0)
}

// packing is what the template has to know.
func (o *packOptions) packing() template.Packing {
	p := template.Packing{Most: int(o.items.n), Pad: o.pad}
	switch {
	case !o.several():
		return template.Packing{}
	case o.splice || o.fill:
		p.Mode = template.Splice
	default:
		p.Mode = template.Repeat
	}
	return p
}

const (
	// sharedExec is how large a command is at most where several slots share
	// the items and nobody asked for more, as xargs has it: the start of a process
	// hardly counts then, and a slot doesn't wait long for its items.
	sharedExec = 128 << 10

	execMargin  = 2048 // left of what the system takes, as POSIX advises
	jobVariable = 48   // bytes of a PMAP_ variable that the pool adds, with its pointer
	jobVariants = 4    // PMAP_PID, PMAP_SLOT, PMAP_SEQ and PMAP_TRY
)

// limits are those of the chunks, nil where every job gets one item and
// nothing is to be held against a size. notice is what the user should know.
func (o *packOptions) limits(tmpl *template.Template, environ []string, slots int) (l *chunker.Limits, notice string, err error) {
	if !o.several() && !o.exit && o.size.bytes == 0 {
		return nil, "", nil
	}
	room := execRoom(tmpl, environ)
	l = &chunker.Limits{
		Items: int(o.items.n), Lines: int(o.lines.n),
		Bytes: int(o.size.bytes), Exec: room, Arg: startmode.MaxArg(),
		Whole: o.exit || o.lines.n > 0,
	}
	if !o.several() {
		l.Items = 1
	}
	if (o.repeat || o.splice) && !o.fill && !o.items.given && !o.lines.given {
		l.Spread = slots
		if slots > 1 && l.Bytes == 0 {
			l.Exec = min(room, sharedExec)
		}
	}
	fixed := tmpl.Fixed().Bytes
	switch {
	case l.Bytes > 0 && fixed >= l.Bytes:
		return nil, "", usage(fmt.Sprintf("-s %d leaves no room for an item: the command has %d bytes without any", l.Bytes, fixed), "leave -s out: the system's own limit holds")
	case l.Bytes > room:
		notice = fmt.Sprintf("-s %d is more than the system takes: %d bytes, pointers included", l.Bytes, room)
	}
	return l, notice, nil
}

// execRoom is what the system leaves a command's words and their pointers,
// beside the environment and the name of the program.
func execRoom(tmpl *template.Template, environ []string) int {
	const pointer = 8
	room := startmode.ArgMax() - execMargin - jobVariants*jobVariable - len(tmpl.Program()) - 1
	for _, pair := range environ {
		room -= len(pair) + 1 + pointer
	}
	return max(1, room)
}

// jobs is the number of jobs that known items make, -1 where that can't be
// told ahead.
func (o *packOptions) jobs(known int64, limits *chunker.Limits) int64 {
	switch {
	case known < 0 || limits == nil:
		return known
	case o.items.n > 0:
		return (known + o.items.n - 1) / o.items.n
	}
	return -1
}

// refuseSeveral refuses the name of a file or directory that several items can't
// be put into.
func refuseSeveral(flag, what string, w *template.Word) error {
	if w == nil || !w.Several() {
		return nil
	}
	return usage(flag+" names one "+what+" for each job, and a job has several items here", "write {1} for the first of them, or {#} for the job's number")
}

// numberValue is a count that may be 0, and differs then from none.
type numberValue struct {
	n     int64
	given bool
}

func (v *numberValue) Set(s string) error {
	n, err := parseSize(s)
	if err != nil || n > math.MaxInt32 {
		return fmt.Errorf("write a number, such as 3 or 4K")
	}
	v.n, v.given = n, true
	return nil
}

func (v *numberValue) String() string { return "" }
func (v *numberValue) Type() string   { return "N" }

package cmd

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"pmap/runner/xargs"
)

// mostProcs is the largest number that -P takes.
const mostProcs = math.MaxInt32

// xargsOptions are the options of pmap xargs.
type xargsOptions struct {
	file       string // -a
	delimited  bool   // -0, -d
	delimiter  byte
	end        string // -E
	replaces   bool   // -I
	replace    string
	lines      int // -L
	items      int // -n
	procs      int // -P
	bytes      int // -s; 0: the default
	terminal   bool
	ask        bool
	trace      bool
	whole      bool // -x
	notIfEmpty bool
	slotVar    string
	showLimits bool
	group      bool // --group
	keepOrder  bool // -k
	help       bool
	version    bool

	room     xargs.Room
	roomErr  error
	warnings []string
}

// Letters of options that have none.
const (
	slotVarOption = 0x80 + iota
	showLimitsOption
	groupOption
	helpOption
	versionOption
)

var xargsFlags = []longOption{
	{"null", '0', bareOption},
	{"arg-file", 'a', needsValue},
	{"delimiter", 'd', needsValue},
	{"", 'E', needsValue},
	{"eof", 'e', mayHaveValue},
	{"", 'I', needsValue},
	{"replace", 'i', mayHaveValue},
	{"", 'L', needsValue},
	{"max-lines", 'l', mayHaveValue},
	{"max-args", 'n', needsValue},
	{"open-tty", 'o', bareOption},
	{"interactive", 'p', bareOption},
	{"no-run-if-empty", 'r', bareOption},
	{"max-chars", 's', needsValue},
	{"verbose", 't', bareOption},
	{"show-limits", showLimitsOption, bareOption},
	{"exit", 'x', bareOption},
	{"max-procs", 'P', needsValue},
	{"process-slot-var", slotVarOption, needsValue},
	{"group", groupOption, bareOption},
	{"keep-order", 'k', bareOption},
	{"version", versionOption, bareOption},
	{"help", helpOption, bareOption},
}

// A xargsUsage is the error of a wrong command line, after which a look at
// --help is advised.
type xargsUsage struct{ error }

// errAsked ends the reading of options at --help and --version.
var errAsked = errors.New("help")

// parse reads the options and returns the command.
func (o *xargsOptions) parse(args []string) (command []string, err error) {
	o.file, o.procs = "-", 1
	var refused error // by set, as it is
	command, err = getopt(xargsFlags, args, func(g givenOption) error {
		refused = o.set(g)
		return refused
	})
	if err != nil && refused == nil {
		err = xargsUsage{err}
	}
	if err == errAsked {
		err = nil
	}
	if o.end != "" && o.delimited {
		o.warn("the -E option has no effect if -0 or -d is used")
	}
	return command, err
}

func (o *xargsOptions) warn(format string, args ...any) {
	o.warnings = append(o.warnings, fmt.Sprintf("warning: "+format, args...))
}

func (o *xargsOptions) set(g givenOption) (err error) {
	switch g.letter {
	case '0':
		o.delimited, o.delimiter = true, 0
	case 'd':
		o.delimited = true
		o.delimiter, err = parseDelimiter(g.text)
	case 'a':
		o.file = g.text
	case 'E', 'e':
		o.end = g.text
	case 'I', 'i', 'L', 'l', 'n':
		return o.setSplitting(g)
	case 'P':
		o.procs, err = parseNumber(g.text, "P", 0, mostProcs)
	case 's':
		return o.setBytes(g.text)
	case slotVarOption:
		return o.setSlotVar(g.text)
	case helpOption, versionOption:
		o.help, o.version = g.letter == helpOption, g.letter == versionOption
		return errAsked
	default:
		*o.toggle(g.letter) = true
	}
	return err
}

// toggle is the option that the letter turns on.
func (o *xargsOptions) toggle(letter byte) *bool {
	switch letter {
	case 'o':
		return &o.terminal
	case 'p':
		return &o.ask
	case 'r':
		return &o.notIfEmpty
	case 't':
		return &o.trace
	case 'x':
		return &o.whole
	case 'k':
		return &o.keepOrder
	case groupOption:
		return &o.group
	}
	return &o.showLimits
}

// setSplitting sets one of -I, -L and -n, which takes the others' place. Only
// -n 1 changes nothing under -I.
func (o *xargsOptions) setSplitting(g givenOption) (err error) {
	n := 1
	if g.letter != 'I' && g.letter != 'i' && g.given {
		if n, err = parseNumber(g.text, strings.ToLower(string(g.letter)), 1, math.MaxInt); err != nil {
			return err
		}
	}
	if g.letter == 'n' && n == 1 && o.replaces {
		return nil
	}
	name := map[byte]string{'I': "--replace/-I/-i", 'i': "--replace/-I/-i", 'L': "-L", 'l': "--max-lines/-l", 'n': "--max-args/-n"}[g.letter]
	o.exclude(name, g.letter)
	switch g.letter {
	case 'I', 'i':
		o.replaces, o.replace = true, "{}"
		if g.given {
			o.replace = g.text
		}
	case 'L', 'l':
		o.lines = n
	case 'n':
		o.items = n
	}
	return nil
}

// exclude takes back what was said before and can't be had together with the
// option of that name and letter.
func (o *xargsOptions) exclude(name string, letter byte) {
	ignored := func(old string) {
		o.warn("options %s and %s are mutually exclusive, ignoring previous %s value", old, name, old)
	}
	if o.replaces && letter != 'I' && letter != 'i' {
		ignored("--replace")
		o.replaces = false
	}
	if o.lines > 0 && letter != 'L' && letter != 'l' {
		ignored("--max-lines")
		o.lines = 0
	}
	if o.items > 0 && letter != 'n' {
		ignored("--max-args")
		o.items = 0
	}
}

// setBytes takes what is too little or too much for the nearest that can be.
func (o *xargsOptions) setBytes(text string) error {
	if o.roomErr != nil {
		return o.roomErr
	}
	n, err := number(text, "s")
	if err != nil {
		return err
	}
	if n < 1 {
		o.warn("value %d for -s option should be >= 1", n)
	} else if n > o.room.Most {
		o.warn("value %d for -s option should be <= %d", n, o.room.Most)
	}
	o.bytes = min(max(n, 1), o.room.Most)
	return nil
}

func (o *xargsOptions) setSlotVar(name string) error {
	if strings.Contains(name, "=") {
		return errors.New("option --process-slot-var may not be set to a value which includes '='")
	}
	o.slotVar = name
	return nil
}

// number reads a decimal number, which is the nearest possible where it is too
// large.
func number(text, option string) (int, error) {
	digits := strings.TrimLeft(text, " \t\n\v\f\r")
	n, err := strconv.Atoi(digits)
	if err != nil && !errors.Is(err, strconv.ErrRange) || strings.Contains(digits, "_") {
		return 0, xargsUsage{fmt.Errorf("invalid number %q for -%s option", text, option)}
	}
	return n, nil
}

func parseNumber(text, option string, least, most int) (int, error) {
	n, err := number(text, option)
	switch {
	case err != nil:
		return 0, err
	case n < least:
		return 0, xargsUsage{fmt.Errorf("value %d for -%s option should be >= %d", n, option, least)}
	case n > most:
		return 0, xargsUsage{fmt.Errorf("value %d for -%s option should be <= %d", n, option, most)}
	}
	return n, nil
}

// escapes are what a backslash makes of a letter.
var escapes = map[byte]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\'}

// parseDelimiter reads one byte, or an escape sequence for one.
func parseDelimiter(text string) (byte, error) {
	if len(text) == 1 {
		return text[0], nil
	}
	if len(text) < 2 || text[0] != '\\' {
		return 0, fmt.Errorf("invalid input delimiter specification %s: the delimiter must be either a single character or an escape sequence starting with \\", text)
	}
	if c, ok := escapes[text[1]]; ok {
		return c, nil
	}
	digits, base, most := text[1:], 8, "377"
	switch {
	case text[1] == 'x':
		digits, base, most = text[2:], 16, "ff"
	case text[1] < '0' || text[1] > '9':
		return 0, fmt.Errorf("invalid escape sequence %s in input delimiter specification", text)
	}
	return parseCodeEscape(text, digits, base, most)
}

// parseCodeEscape reads the number of a byte. Without digits it is 0.
func parseCodeEscape(text, digits string, base int, most string) (byte, error) {
	if digits == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(digits, base, 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, fmt.Errorf("invalid escape sequence %s in input delimiter specification; trailing characters not recognised", text)
	case err != nil || n > 255:
		return 0, fmt.Errorf("invalid escape sequence %s in input delimiter specification; character values must not exceed %s", text, most)
	}
	return byte(n), nil
}

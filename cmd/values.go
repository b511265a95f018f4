package cmd

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"pmap/runner"
)

// durationValue is a flag's length of time: seconds, or Go's notation.
type durationValue time.Duration

func (d *durationValue) Set(s string) error {
	v, err := parseDuration(s)
	if err != nil {
		return err
	}
	*d = durationValue(v)
	return nil
}

func (d *durationValue) String() string { return time.Duration(*d).String() }
func (d *durationValue) Type() string   { return "DURATION" }

// parseDuration reads 1.5 (seconds), 30s, 2m, 1h30m.
func parseDuration(s string) (time.Duration, error) {
	if plainNumber(s) {
		sec, err := strconv.ParseFloat(s, 64)
		if err == nil && sec <= math.MaxInt64/float64(time.Second) {
			return time.Duration(sec * float64(time.Second)), nil
		}
	} else if len(s) > 0 && s[0] >= '0' && s[0] <= '9' {
		if d, err := time.ParseDuration(s); err == nil {
			return d, nil
		}
	}
	return 0, fmt.Errorf("write seconds or a length of time, such as 1.5, 30s, 2m or 1h30m")
}

// plainNumber reports whether s is digits with at most one point.
func plainNumber(s string) bool {
	digits := strings.Replace(s, ".", "", 1)
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

// percentOf reads "150%"; ok is false for anything else.
func percentOf(s string) (p float64, ok bool) {
	num, found := strings.CutSuffix(s, "%")
	if !found || !plainNumber(num) {
		return 0, false
	}
	p, err := strconv.ParseFloat(num, 64)
	return p, err == nil && p > 0
}

// timeoutValue is --timeout's: a duration, or a share of the median.
type timeoutValue runner.Timeout

func (t *timeoutValue) Set(s string) error {
	if p, ok := percentOf(s); ok {
		*t = timeoutValue{Percent: p}
		return nil
	}
	d, err := parseDuration(s)
	if err != nil {
		return fmt.Errorf("%w; or a percentage of the median so far, such as 300%%", err)
	}
	*t = timeoutValue{Fixed: d}
	return nil
}

func (t *timeoutValue) String() string {
	if t.Percent > 0 {
		return strconv.FormatFloat(t.Percent, 'g', -1, 64) + "%"
	}
	return t.Fixed.String()
}
func (t *timeoutValue) Type() string { return "DURATION" }

// sizeValue is a number of bytes; negative is unlimited, where allowed.
type sizeValue struct {
	bytes         int64
	unlimitedToo  bool
	defaultString string
}

func (v *sizeValue) Set(s string) error {
	if v.unlimitedToo && s == "unlimited" {
		v.bytes = -1
		return nil
	}
	n, err := parseSize(s)
	if err != nil {
		if v.unlimitedToo {
			return fmt.Errorf("%w, or unlimited", err)
		}
		return err
	}
	v.bytes = n
	return nil
}

func (v *sizeValue) String() string { return v.defaultString }
func (v *sizeValue) Type() string   { return "SIZE" }

// sizeUnits follows GNU parallel in the single letters: capitals count in
// powers of 1024, small letters in powers of 1000.
var sizeUnits = map[string]float64{
	"": 1, "B": 1,
	"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	"k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
	"kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
}

// parseSize reads 4096, 64M, 1.5GiB.
func parseSize(s string) (int64, error) {
	num := strings.TrimRight(s, "BKMGTikmgt")
	unit, known := sizeUnits[s[len(num):]]
	if known && plainNumber(num) && (unit > 1 || !strings.Contains(num, ".")) {
		n, err := strconv.ParseFloat(num, 64)
		if err == nil && n*unit < math.MaxInt64 {
			return int64(n * unit), nil
		}
	}
	return 0, fmt.Errorf("write a number of bytes, such as 4096, 64M (1024 based), 64MiB or 64MB (1000 based)")
}

// jobsValue is -j's: a number of jobs, or one made from the number of CPUs.
type jobsValue struct {
	text    string
	count   int     // with '+' or '-': what is added to the CPUs
	sign    byte    // '+', '-' or 0
	percent float64 // of the CPUs, where not 0
}

func (j *jobsValue) Set(s string) error {
	v := jobsValue{text: s}
	num := s
	if p, ok := percentOf(s); ok {
		v.percent = p
		*j = v
		return nil
	}
	if s != "" && (s[0] == '+' || s[0] == '-') {
		v.sign, num = s[0], s[1:]
	}
	n, err := strconv.Atoi(num)
	if err != nil || strings.Trim(num, "0123456789") != "" {
		return fmt.Errorf("write a number of jobs, 0 for as many as possible, or one that is made from the CPUs: 150%%, +2, -1")
	}
	v.count = n
	*j = v
	return nil
}

func (j *jobsValue) String() string { return j.text }
func (j *jobsValue) Type() string   { return "N" }

// slots is the number of jobs at a time on a machine with cpus CPUs; 0 means
// as many as the limits allow.
func (j *jobsValue) slots(cpus int) int {
	switch {
	case j.percent > 0:
		return int(max(1, min(j.percent*float64(cpus)/100, math.MaxInt32)))
	case j.sign == '+':
		return cpus + min(j.count, math.MaxInt32)
	case j.sign == '-':
		return max(1, cpus-j.count)
	}
	return j.count
}

// delimiterValue is -d's: a string with escapes.
type delimiterValue []byte

func (d *delimiterValue) Set(s string) error {
	b, err := unescape(s)
	if err != nil {
		return err
	}
	if len(b) == 0 {
		return fmt.Errorf(`a delimiter can't be empty; for NUL write -0, for lines '\n'`)
	}
	*d = b
	return nil
}

func (d *delimiterValue) String() string { return "" }
func (d *delimiterValue) Type() string   { return "STRING" }

var simpleEscapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v', '\\': '\\',
}

// unescape reads C's escapes: \n and its like, \xHH, \NNN in octal.
func unescape(s string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		c, n := oneEscape(s[i+1:])
		if n == 0 {
			return nil, fmt.Errorf(`no such escape: write \n \t \r \0 \a \b \f \v \\, \xHH or \NNN (octal)`)
		}
		out = append(out, c)
		i += n
	}
	return out, nil
}

// oneEscape reads one escape after its backslash and says how many bytes it
// took; 0 if it is none.
func oneEscape(s string) (c byte, n int) {
	if s == "" {
		return 0, 0
	}
	if c, ok := simpleEscapes[s[0]]; ok {
		return c, 1
	}
	base, digits, start := 8, "01234567", 0
	if s[0] == 'x' {
		base, digits, start = 16, "0123456789abcdefABCDEF", 1
	}
	end := start
	for end < min(3, len(s)) && strings.IndexByte(digits, s[end]) >= 0 {
		end++
	}
	v, err := strconv.ParseUint(s[start:end], base, 8)
	if err != nil {
		return 0, 0
	}
	return byte(v), end
}

// escape is a string that unescape makes b of.
func escape(b []byte) string {
	var out []byte
	for _, c := range b {
		if c < ' ' || c > '~' || c == '\\' {
			out = fmt.Appendf(out, `\x%02x`, c)
		} else {
			out = append(out, c)
		}
	}
	return string(out)
}

// choiceValue is a flag with a closed list of values.
type choiceValue struct {
	value   string
	allowed []string
}

func (c *choiceValue) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("write %s", strings.Join(c.allowed, " or "))
	}
	c.value = s
	return nil
}

func (c *choiceValue) String() string { return c.value }
func (c *choiceValue) Type() string   { return strings.Join(c.allowed, "|") }

// statusesValue is a list of exit statuses and signals.
type statusesValue struct {
	set  runner.StatusSet
	text string
}

func (v *statusesValue) Set(s string) error {
	set, err := runner.ParseStatusSet(s)
	if err != nil {
		return err
	}
	v.set, v.text = set, s
	return nil
}

func (v *statusesValue) String() string { return v.text }
func (v *statusesValue) Type() string   { return "LIST" }

// haltValue is --halt's.
type haltValue struct {
	halt runner.Halt
	text string
}

func (v *haltValue) Set(s string) error {
	h, err := runner.ParseHalt(s)
	if err != nil {
		return err
	}
	v.halt, v.text = h, s
	return nil
}

func (v *haltValue) String() string { return v.text }
func (v *haltValue) Type() string   { return "WHEN,WHY=N" }

// countValue is a number that is not negative.
type countValue int64

func (c *countValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("write a number, 0 or more")
	}
	*c = countValue(n)
	return nil
}

func (c *countValue) String() string { return strconv.FormatInt(int64(*c), 10) }
func (c *countValue) Type() string   { return "N" }

// shellValue is --shell's, which may stand without a value.
type shellValue struct {
	given   bool
	command string // empty: the default shell
}

// bareShell is what Set gets for --shell alone.
const bareShell = " "

func (v *shellValue) Set(s string) error {
	if s != bareShell && strings.TrimSpace(s) == "" {
		return fmt.Errorf("write a shell's name, with options if need be: --shell='bash -eo pipefail'")
	}
	v.given, v.command = true, strings.TrimSpace(s)
	return nil
}

func (v *shellValue) String() string { return v.command }
func (v *shellValue) Type() string   { return "SHELL" }

// optionalValue is a string that may be left out: noValue is what Set gets
// then, unless the flag has another default.
type optionalValue string

const noValue = "\x00"

func (v *optionalValue) Set(s string) error {
	*v = optionalValue(strings.TrimSuffix(s, noValue))
	return nil
}

func (v *optionalValue) String() string { return string(*v) }
func (v *optionalValue) Type() string   { return "STRING" }

// onceValue is what several of would be expected to add up, which it can't:
// rather than to forget all but the last, it is taken once.
type onceValue string

func (v *onceValue) Set(s string) error {
	if *v != "" && s != string(*v) {
		return fmt.Errorf("there is one already, %q: put both into one", string(*v))
	}
	*v = onceValue(s)
	return nil
}

func (v *onceValue) String() string { return string(*v) }
func (v *onceValue) Type() string   { return "string" }

// filesValue collects the files of a flag that may stand several times.
type filesValue []string

func (v *filesValue) Set(s string) error {
	if s == "" {
		return fmt.Errorf("write a file's name, or - for the standard input")
	}
	*v = append(*v, s)
	return nil
}

func (v *filesValue) String() string { return strings.Join(*v, " ") }
func (v *filesValue) Type() string   { return "FILE" }

package cmd

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"pmap/runner"
)

func TestDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"0": 0, "3": 3 * time.Second, "1.5": 1500 * time.Millisecond, ".5": 500 * time.Millisecond,
		"30s": 30 * time.Second, "2m": 2 * time.Minute, "1h30m": 90 * time.Minute, "100ms": 100 * time.Millisecond,
	} {
		if got, err := parseDuration(s); err != nil || got != want {
			t.Errorf("parseDuration(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", ".", "x", "-1", "+1", "-1s", "1x", "1e3", "inf", "nan", "0x10", "1 s", "9999999999999", "1..5"} {
		if got, err := parseDuration(s); err == nil {
			t.Errorf("parseDuration(%q) = %v, want an error", s, got)
		} else if !strings.Contains(err.Error(), "1h30m") {
			t.Errorf("parseDuration(%q): the error %q doesn't say what is allowed", s, err)
		}
	}
}

func TestTimeout(t *testing.T) {
	for s, want := range map[string]runner.Timeout{
		"10s": {Fixed: 10 * time.Second}, "2": {Fixed: 2 * time.Second},
		"300%": {Percent: 300}, "12.5%": {Percent: 12.5},
	} {
		var v timeoutValue
		if err := v.Set(s); err != nil || runner.Timeout(v) != want {
			t.Errorf("%q = %+v, %v; want %+v", s, v, err, want)
		}
	}
	for _, s := range []string{"0%", "-5%", "%", "x%", "5%%"} {
		if err := new(timeoutValue).Set(s); err == nil || !strings.Contains(err.Error(), "300%") {
			t.Errorf("%q: error %v, want one that shows a percentage", s, err)
		}
	}
}

func TestSize(t *testing.T) {
	for s, want := range map[string]int64{
		"0": 0, "4096": 4096, "64M": 64 << 20, "1G": 1 << 30, "1MiB": 1 << 20, "1.5K": 1536,
		"2k": 2000, "1MB": 1e6, "3m": 3e6, "7B": 7,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "M", "-1", "1X", "1MM", "1iB", "x", "99999999T", "1 M", "1.5", "0.5B"} {
		if got, err := parseSize(s); err == nil {
			t.Errorf("parseSize(%q) = %d, want an error", s, got)
		}
	}
}

func TestUnlimited(t *testing.T) {
	spill := sizeValue{unlimitedToo: true}
	if err := spill.Set("unlimited"); err != nil || spill.bytes >= 0 {
		t.Errorf("unlimited = %d, %v; want a negative number", spill.bytes, err)
	}
	if err := new(sizeValue).Set("unlimited"); err == nil {
		t.Error("a size that must have a limit took unlimited")
	}
}

func TestJobs(t *testing.T) {
	for _, c := range []struct {
		text       string
		cpus, want int
	}{
		{"1", 8, 1}, {"12", 8, 12}, {"0", 8, 0}, {"100%", 8, 8}, {"150%", 8, 12}, {"10%", 2, 1}, {"50%", 3, 1},
		{"+2", 8, 10}, {"-2", 8, 6}, {"-9", 8, 1}, {"-0", 8, 8}, {"+0", 3, 3},
	} {
		var v jobsValue
		if err := v.Set(c.text); err != nil || v.slots(c.cpus) != c.want {
			t.Errorf("-j %s of %d CPUs = %d, %v; want %d", c.text, c.cpus, v.slots(c.cpus), err, c.want)
		}
	}
	for _, s := range []string{"", "x", "1.5", "+", "-", "0%", "--1", "+-1", "1x", "99999999999999999999"} {
		if err := new(jobsValue).Set(s); err == nil || !strings.Contains(err.Error(), "150%, +2, -1") {
			t.Errorf("-j %q: error %v, want one that lists what is allowed", s, err)
		}
	}
}

func TestJobsHuge(t *testing.T) {
	for _, s := range []string{"+9223372036854775807", "99999999999999%"} {
		var v jobsValue
		if err := v.Set(s); err != nil || v.slots(4) < math.MaxInt32 {
			t.Errorf("-j %s = %d, %v; want very many", s, v.slots(4), err)
		}
	}
}

func TestDelimiter(t *testing.T) {
	for s, want := range map[string]string{
		`,`: ",", `\n`: "\n", `\t`: "\t", `\0`: "\x00", `\r\n`: "\r\n", `\\`: `\`, `\x41`: "A", `\x4g`: "\x04g",
		`\101`: "A", `\08`: "\x008", `a\tb`: "a\tb", `ü`: "ü", `\xff`: "\xff", `\377`: "\xff",
	} {
		var d delimiterValue
		if err := d.Set(s); err != nil || !bytes.Equal(d, []byte(want)) {
			t.Errorf("-d '%s' = %q, %v; want %q", s, []byte(d), err, want)
		}
	}
	for _, s := range []string{``, `\`, `\q`, `\x`, `\xg`, `a\`, `\9`, `\400`} {
		if err := new(delimiterValue).Set(s); err == nil {
			t.Errorf("-d '%s' was taken", s)
		}
	}
}

func TestChoice(t *testing.T) {
	c := choiceValue{value: "a", allowed: []string{"a", "b", "c"}}
	err := c.Set("d")
	if err == nil || err.Error() != "write a or b or c" || c.value != "a" {
		t.Errorf("Set(d) = %v and %q, want an error that lists a, b and c", err, c.value)
	}
	if err := c.Set("b"); err != nil || c.value != "b" {
		t.Errorf("Set(b) = %v and %q", err, c.value)
	}
}

// A default that is shown must be one that can be typed.
func TestDefaultsCanBeTyped(t *testing.T) {
	for _, th := range new(options).themes() {
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		th.add(fs)
		fs.VisitAll(func(f *pflag.Flag) {
			if d := defaultText(f); d != "" {
				if err := f.Value.Set(d); err != nil {
					t.Errorf("--%s does not take its default %q: %v", f.Name, d, err)
				}
			}
		})
	}
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const format = "%-36s %-20s %10s  %-14s %s\n"

// A contestant is one side of a comparison.
type contestant struct {
	name  string
	argv  []string
	shows string // what its --version says, where several programs have its name
	needs string // a program that it runs
}

// A row compares pmap with something else, over the same items.
type row struct {
	work   string
	items  int
	same   string // every item; empty: the numbers from 1
	ours   []string
	theirs contestant
	kind   kind
	bound  float64 // of the ratio, or of the memory in MiB; 0: none is set
	guards bool    // the whole benchmark fails where the bound isn't met

	repeat  int           // pairs in a round, whose median counts; 0 is one
	prints  bool          // a job prints a line
	prepare func() error  // makes what the programs find there; may be nil
	ideal   time.Duration // versusIdeal: what the run would take at best
}

// A kind says what a row's figure is.
type kind int

const (
	speed       kind = iota // their time over ours: higher is better
	cost                    // our time over theirs: lower is better
	versusIdeal             // our time over the ideal one, once
	memory                  // our peak memory, once
)

// A figure is what came out of a row.
type figure struct {
	value, spread string
	met           bool
	skipped       string
}

func (r row) title() string {
	return r.work + ", against " + r.theirs.name
}

func (r row) wanted() string {
	switch {
	case r.bound == 0:
		return ""
	case r.kind == speed:
		return fmt.Sprintf(">= %.2f", r.bound)
	case r.kind == memory:
		return fmt.Sprintf("<= %.0f MiB", r.bound)
	}
	return fmt.Sprintf("<= %.2f", r.bound)
}

func (f figure) print(r row) {
	if f.skipped != "" {
		fmt.Printf(format, r.work, r.theirs.name, "-", f.skipped, "")
		return
	}
	verdict := r.wanted()
	if verdict != "" && !f.met {
		verdict += "  NOT MET"
	}
	fmt.Printf(format, r.work, r.theirs.name, f.value, f.spread, verdict)
}

// compared says what ran.
func (r row) compared() []string {
	times := ""
	if r.repeat > 1 {
		times = fmt.Sprintf(", %d times", r.repeat)
	}
	lines := []string{fmt.Sprintf("%s: items: %d%s: %s", r.work, r.items, times, commandLine(r.ours))}
	if len(r.theirs.argv) > 0 {
		lines = append(lines, strings.Repeat(" ", 4)+"against "+commandLine(r.theirs.argv))
	}
	return lines
}

// commandLine shortens a command for the reader: programs by their name, long
// lists of values by their number.
func commandLine(argv []string) string {
	var words []string
	for _, w := range argv {
		if strings.HasPrefix(w, "/") {
			w = filepath.Base(w)
		}
		words = append(words, w)
	}
	if len(words) > 20 {
		rest := len(words) - 10
		words = append(words[:10], fmt.Sprintf("... (%d more)", rest))
	}
	return strings.Join(words, " ")
}

// measure runs the row's programs in turns.
func (r row) measure(l *lab) (figure, error) {
	if missing := r.missing(); missing != "" {
		return figure{skipped: "skipped: no " + missing}, nil
	}
	if r.prepare != nil {
		if err := r.prepare(); err != nil {
			return figure{skipped: "failed"}, err
		}
	}
	rounds := l.rounds
	if r.kind == memory || r.kind == versusIdeal {
		rounds = 1
	} else if err := r.warmUp(l); err != nil {
		return figure{skipped: "failed"}, err
	}
	var got []float64
	for range rounds {
		v, err := r.undisturbed(l)
		if err != nil {
			return figure{skipped: "failed"}, err
		}
		got = append(got, v)
	}
	return r.figure(got), nil
}

// missing names the peer that isn't there.
func (r row) missing() string {
	if len(r.theirs.argv) == 0 {
		return ""
	}
	name := r.theirs.argv[0]
	if _, err := exec.LookPath(name); err != nil {
		return name
	}
	if r.theirs.needs != "" {
		if _, err := exec.LookPath(r.theirs.needs); err != nil {
			return r.theirs.needs
		}
	}
	if r.theirs.shows != "" {
		if out, err := exec.Command(name, "--version").Output(); err != nil || !bytes.Contains(out, []byte(r.theirs.shows)) {
			return r.theirs.shows
		}
	}
	return ""
}

// warmUp runs each side once, out of the count, and looks at what it prints:
// a program that doesn't do the work isn't fast.
func (r row) warmUp(l *lab) error {
	if err := r.check(l, r.ours); err != nil {
		return err
	}
	return r.check(l, r.theirs.argv)
}

func (r row) check(l *lab, argv []string) error {
	out, err := os.Create(filepath.Join(l.dir, "stdout"))
	if err != nil {
		return err
	}
	defer out.Close()
	input, err := l.input(r.items, r.same)
	if err != nil {
		return err
	}
	if _, err := l.run(argv, input, out); err != nil {
		return err
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		return err
	}
	want := 0
	if r.prints {
		want = r.items
	}
	if lines := bytes.Count(text, []byte{'\n'}); lines != want {
		return fmt.Errorf("%s printed %d lines, not %d", filepath.Base(argv[0]), lines, want)
	}
	return nil
}

// round is one turn of each side, or the median of as many as the row wants.
func (r row) round(l *lab) (float64, error) {
	input, err := l.input(r.items, r.same)
	if err != nil {
		return 0, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	if r.kind == memory {
		return l.memory(r.ours, input, null)
	}
	pairs := make([]float64, max(1, r.repeat))
	for i := range pairs {
		if pairs[i], err = r.pair(l, input, null); err != nil {
			return 0, err
		}
	}
	return median(pairs), nil
}

// pair runs each side once, one after the other.
func (r row) pair(l *lab, input string, stdout *os.File) (float64, error) {
	ours, err := l.run(r.ours, input, stdout)
	if err != nil {
		return 0, err
	}
	if r.kind == versusIdeal {
		return ours.Seconds() / r.ideal.Seconds(), nil
	}
	theirs, err := l.run(r.theirs.argv, input, stdout)
	if err != nil {
		return 0, err
	}
	if r.kind == cost {
		return ours.Seconds() / theirs.Seconds(), nil
	}
	return theirs.Seconds() / ours.Seconds(), nil
}

// median sorts what it is given.
func median(of []float64) float64 {
	slices.Sort(of)
	return (of[(len(of)-1)/2] + of[len(of)/2]) / 2
}

// figure sums the rounds up.
func (r row) figure(got []float64) figure {
	middle := median(got)
	f := figure{
		value:  fmt.Sprintf("%.2f", middle),
		spread: fmt.Sprintf("%.2f-%.2f", got[0], got[len(got)-1]),
		met:    middle <= r.bound,
	}
	switch r.kind {
	case speed:
		f.met = middle >= r.bound
	case memory:
		f.value, f.spread = fmt.Sprintf("%.1f MiB", middle), "once"
	case versusIdeal:
		f.spread = "once"
	}
	return f
}

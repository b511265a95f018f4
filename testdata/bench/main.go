// Bench compares pmap with its peers and with what the kernel allows.
//
//	go run ./testdata/bench [-pmap PATH] [-short] [-rounds N] [-scale F] [-only REGEXP]
//
// Every figure is a ratio of two programs that did the same work on the same
// input in the same environment, run in turns: the median over the rounds, and
// the spread. A round in which other virtual machines had the CPUs is run again,
// up to three times.
// Times by themselves say little about another machine, so none are printed.
// With -short, only the guard against regressions runs. The exit status is 1 if
// that fails, or if a program fails that was to be measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	pmap := flag.String("pmap", "./pmap", "the program to measure")
	short := flag.Bool("short", false, "run only the guard against regressions")
	rounds := flag.Int("rounds", 7, "how often each pair runs")
	scale := flag.Float64("scale", 1, "number of jobs, relative to the usual one")
	only := flag.String("only", "", "run only the rows whose title matches this regular expression")
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	l, err := newLab(ctx, *pmap, *scale, *rounds)
	if err != nil {
		return err
	}
	defer l.close()
	rows := l.rows
	if *short {
		rows = l.guard
	}
	return report(l, rows(), match)
}

// guardTries is how often a guard is measured before it fails: another program may
// have had the machine for a while, but a regression stays.
const guardTries = 3

// report runs the rows and prints each as soon as it is known.
func report(l *lab, rows []row, match *regexp.Regexp) error {
	var failed []error
	fmt.Printf("%d CPUs, %s/%s\n\n", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	fmt.Printf(format, "WORK", "AGAINST", "RATIO", "SPREAD", "WANTED")
	var compared []string
	for _, r := range rows {
		if !match.MatchString(r.title()) {
			continue
		}
		f, err := r.measure(l)
		for again := 1; r.guards && err == nil && !f.met && again < guardTries; again++ {
			f, err = r.measure(l)
		}
		if l.ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", r.title(), err))
		}
		f.print(r)
		compared = append(compared, r.compared()...)
		if r.guards && err == nil && !f.met {
			failed = append(failed, fmt.Errorf("%s: %s is worse than %s", r.title(), f.value, r.wanted()))
		}
	}
	fmt.Printf("\nWhat ran (%d rounds, in turns):\n", l.rounds)
	for _, line := range compared {
		fmt.Println(" ", line)
	}
	return errors.Join(failed...)
}

package cmd

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"pmap/runner"
)

// poolOptions say how many jobs run, and how long.
type poolOptions struct {
	jobs      jobsValue
	delay     durationValue
	timeout   timeoutValue
	killAfter durationValue
	terminal  bool // -o
	ask       bool // -p
	nice      niceValue
}

func (o *poolOptions) AddFlags(fs *pflag.FlagSet) {
	o.killAfter = durationValue(2 * time.Second)
	fs.VarP(&o.jobs, "jobs", "j", "run `N` jobs at a time: a number, 150% or +2 of the CPUs, 0 for as many as possible (default one for each CPU)")
	fs.VarP(&o.jobs, "max-procs", "P", "same as -j `N`")
	fs.Var(&o.delay, "delay", "wait at least `DURATION` between the starts of two jobs, such as 0.5 or 2m")
	fs.Var(&o.timeout, "timeout", "end a job after `DURATION`, such as 10s, or 300% of the median; it fails with 124")
	fs.Var(&o.killAfter, "kill-after", "a job that is ended gets KILL after `DURATION`")
	fs.BoolVarP(&o.terminal, "open-tty", "o", false, "one job at a time has the terminal, for editors and questions; implies -j1 -u")
	fs.BoolVar(&o.terminal, "tty", false, "same as -o")
	fs.BoolVarP(&o.ask, "interactive", "p", false, "ask on the terminal before each command, which a line that begins with y runs; implies -j1 unless -j is given")
	fs.Var(&o.nice, "nice", "run at the niceness `N`, from -20 to 19, and pmap too")
}

// jobOptions are the pool's, without the files that jobs read and write.
func (o *poolOptions) jobOptions(slots int) runner.JobOptions {
	return runner.JobOptions{
		Slots:     slots,
		Delay:     time.Duration(o.delay),
		Timeout:   runner.Timeout(o.timeout),
		KillAfter: time.Duration(o.killAfter),
		Group:     !o.terminal,
	}
}

// niceValue is --nice's.
type niceValue struct {
	n     int
	given bool
}

func (v *niceValue) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < -20 || n > 19 {
		return fmt.Errorf("write a number from -20, the most eager, to 19, the nicest")
	}
	v.n, v.given = n, true
	return nil
}

func (v *niceValue) String() string { return "" }
func (v *niceValue) Type() string   { return "N" }

// apply sets the niceness of pmap, which all its processes inherit.
func (v *niceValue) apply() error {
	if !v.given {
		return nil
	}
	if err := setNiceness(v.n); err != nil {
		return fmt.Errorf("cannot set the niceness to %d: %w", v.n, err)
	}
	return nil
}

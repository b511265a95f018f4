package cmd

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc/signals"
	"pmap/runner"
	"pmap/startmode"
)

// A controller is what signals and the display need of a runner.Pool.
type controller interface {
	Interrupt(unix.Signal)
	Kill()
	Suspend()
	Resume()
	Progress() runner.Progress
}

// A watch answers signals while a pool runs.
//
//	INT TERM HUP   the first: end the jobs, say so; the second (not HUP): kill them
//	ALRM VTALRM    as TERM: of an alarm, or of a limit,
//	XCPU           that whoever started pmap has set
//	QUIT           kill them
//	TSTP           suspend the jobs, then pmap
//	CONT           resume them
//	USR1           print a line of progress
//
// It never writes itself, since a stopped terminal must not keep the second
// signal from being heard.
type watch struct {
	pool   controller
	say    func(string)
	report func() // USR1
	heard  *signals.Receiver
	ended  chan struct{}
	over   atomic.Bool // the run is: there is nothing to suspend
	says   sync.WaitGroup

	first  unix.Signal // that ends pmap; 0 for none
	killed bool
}

// startWatch takes over the signals. A signal that was ignored when pmap
// started stays so: nohup, and what a script put in the background.
func startWatch(pool controller, say func(string), report func()) (*watch, error) {
	heard, err := signals.Notify(heardSignals()...)
	if err != nil {
		return nil, err
	}
	w := &watch{pool: pool, say: say, report: report, heard: heard, ended: make(chan struct{})}
	go w.run()
	return w, nil
}

// heardSignals are those that were not ignored. That QUIT was can't be known;
// but who ignores INT, a shell without job control for its background jobs,
// ignores QUIT with it.
func heardSignals() []unix.Signal {
	sigs := []unix.Signal{unix.SIGTERM, unix.SIGALRM, unix.SIGVTALRM, unix.SIGXCPU, unix.SIGUSR1}
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGHUP, unix.SIGTSTP, unix.SIGCONT} {
		if !startmode.IgnoredAtStart(sig) {
			sigs = append(sigs, sig)
		}
	}
	if startmode.IgnoredAtStart(unix.SIGINT) {
		signal.Ignore(unix.SIGQUIT)
		return sigs
	}
	return append(sigs, unix.SIGQUIT)
}

// stop gives the signals back and waits for what is being said, unless the
// run was killed: then nobody waits for a terminal. After it first and killed
// may be read.
func (w *watch) stop() {
	w.over.Store(true)
	w.heard.Stop()
	<-w.ended
	if !w.killed {
		w.says.Wait()
	}
}

// run hears what came before the signals were given back, too.
func (w *watch) run() {
	defer close(w.ended)
	for sig := range w.heard.C {
		if sig != unix.SIGTSTP || !w.over.Load() {
			w.handle(sig)
		}
	}
}

func (w *watch) handle(sig unix.Signal) {
	switch sig {
	case unix.SIGUSR1:
		w.says.Go(w.report)
	case unix.SIGTSTP:
		w.pool.Suspend()
		stopSelf()
		w.pool.Resume()
	case unix.SIGCONT:
		w.pool.Resume()
	default:
		w.end(sig)
	}
}

// end ends the run: gently at first. A HUP is never a second signal: where a
// terminal goes away, the kernel sends one and a shell may send another.
func (w *watch) end(sig unix.Signal) {
	again := w.first != 0
	if again && sig == unix.SIGHUP {
		return
	}
	if !again {
		w.first = sig
	}
	if again || sig == unix.SIGQUIT {
		w.killed = true
		w.pool.Kill()
		return
	}
	running := w.pool.Progress().Running
	w.pool.Interrupt(jobSignal(sig))
	w.says.Go(func() { w.say(endingText(running)) })
}

// jobSignal is what jobs get where pmap got sig.
func jobSignal(sig unix.Signal) unix.Signal {
	if sig == unix.SIGINT {
		return unix.SIGINT
	}
	return unix.SIGTERM
}

func endingText(running int64) string {
	if running == 1 {
		return "interrupted: ending 1 job; again to kill"
	}
	return fmt.Sprintf("interrupted: ending %d jobs; again to kill", running)
}

// raiseWait bounds the time between raising a signal and dying by it. As PID 1
// of a container pmap doesn't die: the kernel spares the first process.
const raiseWait = time.Second

// dieBy ends pmap by a signal, as if it had never been caught, so that a shell
// or make sees what happened. Where that doesn't end it, it returns the status
// that a shell gives to such a death.
func dieBy(sig unix.Signal) int {
	if os.Getpid() != 1 {
		setDefault(sig)
		unix.Kill(os.Getpid(), sig)
		time.Sleep(raiseWait)
	}
	return 128 + int(sig)
}

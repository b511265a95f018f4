//go:build linux

package startmode

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// roleState starts `cat FILE…` by the start method that its first argument
// names: what a job sees of itself when pmap was started in some state.
func roleState() int {
	starter := newStarters[os.Args[1]]()
	for sig := range strings.FieldsSeq(os.Args[2]) {
		if !IgnoredAtStart(unix.SignalNum(sig)) {
			return complain("%s does not count as ignored", sig)
		}
	}
	pid, err := starter.Start(command("cat", "/proc/self/status", "/proc/self/limits"))
	if err != nil {
		return complain("%v", err)
	}
	var status unix.WaitStatus
	Wait(pid, 0, &status, nil)
	return status.ExitStatus()
}

func TestJobsSeeNoneOfPmapsSignals(t *testing.T) {
	heard := make(chan os.Signal, 1)
	for _, sig := range []unix.Signal{unix.SIGPIPE, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGTSTP, unix.SIGUSR1, unix.SIGCHLD} {
		if !IgnoredAtStart(sig) { // as pmap does
			signal.Notify(heard, sig)
		}
	}
	defer signal.Reset()
	eachStarter(t, func(t *testing.T, s Starter) {
		blocked := unix.Sigset_t{Val: [16]uint64{1 << (unix.SIGUSR1 - 1)}}
		var old, after unix.Sigset_t
		unix.PthreadSigmask(unix.SIG_SETMASK, &blocked, &old)
		pid := sitting(t, s, func(*Spec) {})
		unix.PthreadSigmask(unix.SIG_SETMASK, &old, &after)
		if after != blocked {
			t.Errorf("the starting thread's mask became %x, was %x", after.Val[0], blocked.Val[0])
		}
		for field, want := range map[string]string{
			"SigBlk": signalSet(), "SigCgt": signalSet(), "SigIgn": signalSet(ignoredByTests()...),
		} {
			if got := statusField(t, pid, field); got != want {
				t.Errorf("%s is %s, want %s", field, got, want)
			}
		}
	})
}

// A handler for SIGCHLD would run for every job.
func TestNothingHappensBySIGCHLD(t *testing.T) {
	if !vforkTried {
		t.Skip("only the fast path is freed of it")
	}
	NewFork(ForkOptions{})
	caught, err := strconv.ParseUint(statusField(t, os.Getpid(), "SigCgt"), 16, 64)
	if err != nil || caught>>(unix.SIGCHLD-1)&1 != 0 {
		t.Errorf("caught are %x, %v", caught, err)
	}
}

func TestIgnoredSignalsStayIgnored(t *testing.T) {
	for name := range newStarters {
		t.Run(name, func(t *testing.T) {
			cmd := underShell("trap '' HUP INT TSTP", roleCommand("state", name, "SIGHUP SIGINT SIGTSTP"))
			got := fieldOf(succeed(t, cmd), "SigIgn")
			want := signalSet(append(ignoredByTests(), unix.SIGHUP, unix.SIGINT, unix.SIGTSTP)...)
			if got != want {
				t.Errorf("the job ignores %s, want %s", got, want)
			}
		})
	}
}

func TestBlockedSignalsAreUnblocked(t *testing.T) {
	// env from coreutils is the only common tool that blocks signals.
	if err := exec.Command("env", "--block-signal=USR1", "true").Run(); err != nil {
		t.Skip("env has no --block-signal")
	}
	for name := range newStarters {
		t.Run(name, func(t *testing.T) {
			state := roleCommand("state", name, "")
			state.Path, _ = exec.LookPath("env")
			state.Args = append([]string{"env", "--block-signal=USR1,TERM", "bash", "-c", `exec -a "$0" "$@"`, state.Args[0], thisProgram()}, state.Args[1:]...)
			out := succeed(t, state)
			if got := fieldOf(out, "SigBlk"); got != signalSet() {
				t.Errorf("the job blocks %s", got)
			}
		})
	}
}

func TestLimitOfOpenFiles(t *testing.T) {
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &own); err != nil {
		t.Fatal(err)
	}
	if own.Max < 800 {
		t.Skip("the hard limit is too low")
	}
	for name := range newStarters {
		for _, soft := range []uint64{300, 777, own.Max} {
			t.Run(fmt.Sprint(name, soft), func(t *testing.T) {
				cmd := underShell(fmt.Sprintf("ulimit -Sn %d", soft), roleCommand("state", name, ""))
				var gotSoft, gotHard uint64
				fmt.Sscan(fieldOf(strings.ReplaceAll(succeed(t, cmd), "Max open files", "NoFile:"), "NoFile"), &gotSoft, &gotHard)
				if gotSoft != soft || gotHard != own.Max {
					t.Errorf("the job's limits are %d and %d, want %d and %d", gotSoft, gotHard, soft, own.Max)
				}
			})
		}
	}
}

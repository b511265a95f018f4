package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// items are the words that follow ::: for n items.
func items(n int) []string {
	return append([]string{":::"}, strings.Fields(numbers(1, n))...)
}

// TestSignal ends a run in which four jobs hang by the first signal of each
// kind: what has ended comes out in order, what was killed with what it had
// written, the gaps are named, and pmap dies by the signal that it got.
func TestSignal(t *testing.T) {
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			r := start(t, append([]string{"pmap", "-j4",
				`echo {}; case {} in 1|14|33|34) echo $$ > pid.{}; exec sleep 1000; esac`}, items(500)...)...)
			var jobs []string
			for _, n := range []string{"1", "14", "33", "34"} {
				jobs = append(jobs, r.pidIn("pid."+n))
			}
			r.signal(sig)
			r.ends(unix.SignalName(sig), numbers(1, 34),
				"pmap: interrupted: ending 4 jobs; again to kill\n"+
					"pmap: interrupted: 30 of 500 done; not finished: #1, #14, #33-#500\n")
			for _, pid := range jobs {
				if alive(pid) {
					t.Errorf("job %s is still there", pid)
				}
			}
		})
	}
}

// trapping is a job that says which signal came, and then ends. It waits for
// nothing: a shell that was about to wait when the signal came would wait on.
const trapping = `trap "echo INT; exit 3" INT; trap "echo TERM; exit 4" TERM; echo ready > r{}; while :; do :; done`

// TestSignalIsPassedOn holds that jobs get INT for INT and TERM for the
// others, and that a failure that pmap brought about is none of the job's.
func TestSignalIsPassedOn(t *testing.T) {
	for sig, heard := range map[unix.Signal]string{unix.SIGINT: "INT\n", unix.SIGTERM: "TERM\n", unix.SIGHUP: "TERM\n"} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			r := start(t, "pmap", "--kill-after", "1h", trapping, ":::", "1")
			r.file("r1")
			r.signal(sig)
			r.ends(unix.SignalName(sig), heard,
				"pmap: interrupted: ending 1 job; again to kill\npmap: interrupted: 0 of 1 done; not finished: #1\n")
		})
	}
}

// deaf is a job that ignores what it can, and whose child does too. Both leave
// their pids in a file.
const deaf = `trap "" INT TERM HUP; sleep 1000 & echo partly; echo $$ $! > pids.{}; wait`

// TestKillAfter holds that what ignores the signal gets KILL after the grace,
// the group with it.
func TestKillAfter(t *testing.T) {
	r := start(t, "pmap", "--kill-after", "0.2", deaf, ":::", "1")
	pids := r.file("pids.1")
	r.signal(unix.SIGTERM)
	r.ends("SIGTERM", "partly\n",
		"pmap: interrupted: ending 1 job; again to kill\npmap: interrupted: 0 of 1 done; not finished: #1\n")
	for _, pid := range pids {
		r.gone(pid)
	}
}

// TestGrandchildIgnoresTerm: the job itself obeys, what it started doesn't.
func TestGrandchildIgnoresTerm(t *testing.T) {
	r := start(t, "pmap", "--kill-after", "0.2",
		`: {}; sh -c 'trap "" TERM; echo $$ > pid; sleep 1000; sleep 1000' & wait`, ":::", "1")
	pid := r.pidIn("pid")
	r.signal(unix.SIGTERM)
	r.ends("SIGTERM", "",
		"pmap: interrupted: ending 1 job; again to kill\npmap: interrupted: 0 of 1 done; not finished: #1\n")
	r.gone(pid)
}

// TestSecondSignal holds that the second signal doesn't wait for any grace,
// and that pmap dies by the first.
func TestSecondSignal(t *testing.T) {
	r := start(t, "pmap", "--kill-after", "1h", deaf, ":::", "1")
	pids := r.file("pids.1")
	r.prints("partly\n")
	r.signal(unix.SIGINT)
	r.says("again to kill\n")
	for _, pid := range pids {
		if !alive(pid) {
			t.Errorf("process %s ended by INT, which it ignores", pid)
		}
	}
	r.signal(unix.SIGTERM)
	r.ends("SIGINT", "partly\n", "pmap: interrupted: ending 1 job; again to kill\n")
	for _, pid := range pids {
		r.gone(pid)
	}
}

// TestQuit holds that QUIT kills at once, and quietly.
func TestQuit(t *testing.T) {
	r := start(t, "sh", "-c", `ulimit -c 0; exec pmap --kill-after 1h "$0" ::: 1`, deaf)
	pids := r.file("pids.1")
	r.prints("partly\n") // what waits at the end is dropped
	r.signal(unix.SIGQUIT)
	r.ends("SIGQUIT", "partly\n", "")
	for _, pid := range pids {
		r.gone(pid)
	}
}

// TestIgnoredSignals holds that what was ignored when pmap started stays so,
// for pmap and for its jobs, and that other signals still work.
func TestIgnoredSignals(t *testing.T) {
	for _, c := range []struct {
		name   string
		around []string
		send   unix.Signal
	}{
		{"nohup", []string{"nohup"}, unix.SIGHUP},
		{"background", []string{"sh", "-c", `trap "" INT QUIT; exec "$@"`, "sh"}, unix.SIGINT},
		{"background-quit", []string{"sh", "-c", `trap "" INT QUIT; exec "$@"`, "sh"}, unix.SIGQUIT},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := prepare(t, append(c.around, "pmap",
				`: {}; grep SigIgn /proc/self/status > ignored; exec 3<>fifo; echo ready > ready; read x <&3; echo $x`, ":::", "1")...)
			r.fifo()
			r.begin()
			ignored, err := strconv.ParseUint(r.file("ignored")[1], 16, 64)
			if err != nil || ignored>>(c.send-1)&1 == 0 {
				t.Errorf("the job doesn't ignore %v: mask %x, %v", c.send, ignored, err)
			}
			r.file("ready")
			r.signal(c.send)
			r.write("fifo", "went on\n")
			r.ends("0", "went on\n", "")
		})
	}
}

// TestClosedStdout holds that pmap ends by SIGPIPE, quietly, when nobody reads
// its output, and that the jobs which run then are ended.
func TestClosedStdout(t *testing.T) {
	const (
		printsLater = `echo {}; case {} in 2) echo $$ > pid; until test -e go; do sleep 0.01; done; echo more; exec sleep 1000; esac`
		others      = `case {} in 2) echo $$ > pid; exec sleep 1000; esac; test {} = 1 || until test -e go; do sleep 0.01; done; echo {}`
	)
	for _, c := range []struct{ name, option, script string }{
		{"ordered", "--group", printsLater},
		{"unordered", "--unordered", others},
		{"lines", "--line-buffer", others},
		{"ungrouped", "--ungroup", others},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := prepare(t, "pmap", "-j3", "--kill-after", "0.2", c.option, c.script, ":::", "1", "2", "3", "4")
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			r.cmd.Stdout = write
			r.begin()
			write.Close()
			if line := make([]byte, 2); readFull(read, line) != nil || string(line) != "1\n" {
				t.Fatalf("read %q", line)
			}
			pid := r.pidIn("pid")
			closeForAll(read)
			r.write("go", "\n")
			if got := r.end(); got != "SIGPIPE" {
				t.Errorf("ended with %s", got)
			}
			// A job of its own that finds the pipe closed may say so.
			if c.name != "ungrouped" {
				r.wrote("stderr", r.err.String(), "")
			}
			r.gone(pid)
		})
	}
}

// closeForAll closes a file that no child may hold any more: what other tests are
// starting at the moment holds it until its exec, for which os/exec waits.
func closeForAll(f *os.File) {
	f.Close()
	syscall.ForkLock.Lock()
	syscall.ForkLock.Unlock()
}

func readFull(f *os.File, p []byte) error {
	for done := 0; done < len(p); {
		n, err := f.Read(p[done:])
		if err != nil {
			return err
		}
		done += n
	}
	return nil
}

// TestEndlessInputBeforeHead is the everyday case: endless input, and a reader
// that soon has enough.
func TestEndlessInputBeforeHead(t *testing.T) {
	for _, options := range []string{"", "--unordered", "--line-buffer", "-u", "--tag"} {
		t.Run(options, func(t *testing.T) {
			r := start(t, "bash", "-c", `yes | pmap $0 echo | head -3; echo ${PIPESTATUS[1]}`, options)
			want := "y\ny\ny\n141\n"
			if options == "--tag" {
				want = "y\ty\ny\ty\ny\ty\n141\n"
			}
			if got := r.end(); got != "0" || r.out.String() != want {
				t.Errorf("ended with %s, printed %q", got, r.out.String())
			}
			// With -u it is the jobs themselves that find the pipe closed, and
			// some programs say so.
			if options != "-u" && r.err.String() != "" {
				t.Errorf("said %q", r.err.String())
			}
		})
	}
}

// family is a job with a child that ignores what can be ignored. Both leave
// their pids.
const family = `(trap "" INT TERM HUP PIPE; exec sleep 1000) & echo $$ $! > pids.{}; wait`

// TestKilled holds that the jobs of a pmap that was killed are ended, with
// what they have started.
func TestKilled(t *testing.T) {
	r := start(t, "pmap", "-j2", family, ":::", "1", "2")
	pids := append(r.file("pids.1"), r.file("pids.2")...)
	guardian := r.guardian()
	r.signal(unix.SIGKILL)
	r.ends("SIGKILL", "", "")
	for _, pid := range append(pids, guardian) {
		r.gone(pid)
	}
}

// TestKilledWorkers holds that so are their workers, and what --init has begun.
func TestKilledWorkers(t *testing.T) {
	r := start(t, "pmap", "-j1", "--env", "PMAP_TEST_MARK", "--init", "sleep 1000 & echo $! >init.pid", `echo $$ >pid; exec sleep 1000; : {}`, ":::", "1")
	pids := []string{r.pidIn("pid"), r.pidIn("init.pid")}
	r.signal(unix.SIGKILL)
	r.end()
	for _, pid := range pids {
		r.gone(pid)
	}
}

// TestKilledAtOnce holds that jobs die with a pmap that is killed before it
// has a guardian, or at any time after.
func TestKilledAtOnce(t *testing.T) {
	r := start(t, "pmap", `echo $$ > pid; exec sleep 1000; : {}`, ":::", "1")
	pid := r.pidIn("pid")
	r.signal(unix.SIGKILL)
	r.ends("SIGKILL", "", "")
	r.gone(pid)
}

// TestKilledWhileStarting kills pmap in the middle of many short jobs: the
// table of the guardian is never behind.
func TestKilledWhileStarting(t *testing.T) {
	r := prepare(t, "pmap", "-j8", `sleep 1000 & echo {} >> started; case $(({#}%7)) in 0) wait;; *) kill $!; esac`)
	r.cmd.Stdin = endless(t)
	r.begin()
	r.guardian()
	r.until("some jobs", func() bool {
		b, _ := os.ReadFile(r.dir + "/started")
		return bytes.Count(b, []byte("\n")) >= 8
	})
	r.signal(unix.SIGKILL)
	r.end()
}

// endless is a pipe that yes writes to.
func endless(t *testing.T) *os.File {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	yes := exec.Command("yes")
	yes.Stdout = write
	if err := yes.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	t.Cleanup(func() {
		read.Close()
		yes.Process.Kill()
		yes.Wait()
	})
	return read
}

// daemon is a job that leaves a process behind on purpose.
const daemon = `: {}; setsid sh -c 'echo $$ > daemon; exec sleep 1000' >/dev/null 2>&1 </dev/null & until test -s daemon; do sleep 0.01; done; echo done`

// TestDaemon holds that a daemon is left alone when its job has ended.
func TestDaemon(t *testing.T) {
	r := start(t, "pmap", daemon, ":::", "1")
	pid := r.pidIn("daemon")
	r.ends("0", "done\n", "")
	r.leftAlone(pid)
}

// TestDaemonOfKilled holds the same for a pmap that was killed.
func TestDaemonOfKilled(t *testing.T) {
	r := start(t, "pmap", "-j1", `case {} in 1) `+daemon+`;; 2) echo $$ > pid; exec sleep 1000; esac`, ":::", "1", "2")
	pid, job := r.pidIn("daemon"), r.pidIn("pid")
	guardian := r.guardian()
	r.signal(unix.SIGKILL)
	r.ends("SIGKILL", "done\n", "")
	r.gone(job)
	r.gone(guardian)
	r.leftAlone(pid)
}

// TestBackgroundChild holds that what stays in its job's group is left alone
// too, if the job ended by itself.
func TestBackgroundChild(t *testing.T) {
	r := start(t, "pmap", `: {}; sh -c 'echo $$ > child; exec sleep 1000' >/dev/null 2>&1 & until test -s child; do sleep 0.01; done`, ":::", "1")
	pid := r.pidIn("child")
	r.ends("0", "", "")
	r.leftAlone(pid)
}

// leftAlone holds that a process still lives, and ends it.
func (r *run) leftAlone(pid string) {
	r.t.Helper()
	if !alive(pid) {
		r.t.Errorf("process %s was ended", pid)
		return
	}
	r.kill(pid)
	r.gone(pid)
}

// TestHeldPipe holds that a child which holds the job's pipe delays its end
// only so long, that this is said once, and that the child is left alone.
func TestHeldPipe(t *testing.T) {
	r := start(t, "pmap", "-j1", `echo {}; sleep 1000 & echo $! > child.{}`, ":::", "1", "2")
	children := []string{r.pidIn("child.1"), r.pidIn("child.2")}
	r.ends("0", "1\n2\n", "pmap: job #1 ended, but a process that it left in the background held its output open; "+
		"that is closed now (redirect such a process: command >log 2>&1 &)\n")
	for _, pid := range children {
		r.leftAlone(pid)
	}
}

// TestTimeoutEndsTheGroup holds that a timeout ends a job with everything that
// is in its group, and that others go on.
func TestTimeoutEndsTheGroup(t *testing.T) {
	r := start(t, "pmap", "-j2", "--timeout", "5", "--kill-after", "0.2",
		`case {} in 1) echo before; `+family+`;; *) echo {}; esac`, ":::", "1", "2", "3")
	pids := r.file("pids.1")
	r.ends("123", "before\n2\n3\n", "pmap: 1 of 3 failed (1 timeout); first #1, timeout: "+
		r.command(`case 1 in 1) echo before; (trap "" INT TERM HUP PIPE; exec sleep 1000) & echo $$ $! > pids.1; wait;; *) echo 1; esac`)+"\n")
	for _, pid := range pids {
		r.gone(pid)
	}
}

// command is how the summary shows a script.
func (r *run) command(script string) string { return script }

// TestHaltNow holds that a run which its own rule stops ends the jobs, and
// emits what they and the cause of it all have written.
func TestHaltNow(t *testing.T) {
	r := start(t, append([]string{"pmap", "-j3", "--halt", "now,fail=1",
		`echo {}; case {} in 3) until test -s r1 && test -s r2; do sleep 0.01; done; exit 7;; esac; echo $$ > r{}; exec sleep 1000`},
		items(20)...)...)
	pids := []string{r.pidIn("r1"), r.pidIn("r2")}
	r.ends("123", "1\n2\n3\n", "pmap: halted: 1 of 20 done; not finished: #1-#2, #4-#20\n"+
		"pmap: 1 of 1 failed (1 exit 7); first #3, exit 7: "+
		r.command(`echo 3; case 3 in 3) until test -s r1 && test -s r2; do sleep 0.01; done; exit 7;; esac; echo $$ > r3; exec sleep 1000`)+"\n")
	for _, pid := range pids {
		r.gone(pid)
	}
}

// TestFailedToAfterInterrupt holds that each item which was read is either
// done or in the file, once: failed, killed while it ran, waiting for another
// try, and never started.
func TestFailedToAfterInterrupt(t *testing.T) {
	r := prepare(t, "pmap", "-j3", "--tries", "2", "--retry-delay", "1h", "--retry-on", "9", "--failed-to", "left",
		`case {} in 2) exit 5;; 4) exit 9;; 6|7|8) echo $$ > pid.{}; exec sleep 1000; esac; echo {} >> done`)
	r.cmd.Stdin = strings.NewReader(numbers(1, 2000))
	r.begin()
	for _, n := range []int{6, 7, 8} {
		r.pidIn(fmt.Sprintf("pid.%d", n))
	}
	r.signal(unix.SIGINT)
	if got := r.end(); got != "SIGINT" {
		t.Errorf("ended with %s", got)
	}
	left, done := r.file("left"), r.file("done")
	slices.Sort(done)
	r.wrote("done", strings.Join(done, " "), "1 3 5")
	count := make(map[string]int)
	for _, item := range append(left, done...) {
		count[item]++
	}
	read := len(count)
	if read < 9 || read > 2000 {
		t.Fatalf("%d items", read)
	}
	for i := 1; i <= read; i++ {
		if n := count[strconv.Itoa(i)]; n != 1 {
			t.Errorf("item %d is there %d times", i, n)
		}
	}
	r.failedToIsComplete(read)
}

// failedToIsComplete looks at what the summary says of items that were read.
func (r *run) failedToIsComplete(read int) {
	r.t.Helper()
	gaps := fmt.Sprintf("not finished: #4, #6-#%d", read)
	if !strings.Contains(r.err.String(), gaps) {
		r.t.Errorf("stderr %q lacks %q", r.err.String(), gaps)
	}
}

// TestProgressOnUSR1 holds that USR1 prints how far the run is, and that
// nothing else happens.
func TestProgressOnUSR1(t *testing.T) {
	r := start(t, "pmap", "-j2", `case {} in 1) until test -e go; do sleep 0.01; done; esac; echo {} >> ended`, ":::", "1", "2", "3", "4")
	r.until("three ends", func() bool {
		b, _ := os.ReadFile(r.dir + "/ended")
		return string(b) == "2\n3\n4\n"
	})
	r.until("a line that says so", func() bool {
		r.signal(unix.SIGUSR1)
		return strings.Contains(r.err.String(), "pmap: [3/4  1 running]  waiting for #1 ")
	})
	r.says(", 3 done behind it\n")
	r.write("go", "\n")
	if got := r.end(); got != "0" {
		t.Errorf("ended with %s", got)
	}
}

// TestNested holds that a pmap inside a job is ended with its own jobs, by a
// signal and by kill -9.
func TestNested(t *testing.T) {
	for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGKILL} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			r := prepare(t, "pmap", "--kill-after", "5", `: {}; exec pmap --kill-after 0.1 -j2 sh job.sh ::: 1 2`, ":::", "x")
			r.write("job.sh", `(trap "" INT TERM HUP; exec sleep 1000) & echo $$ $! $PPID > pids.$1; wait`)
			r.begin()
			pids := append(r.file("pids.1"), r.file("pids.2")...)
			r.guardian()
			r.guardianOf(pids[2])
			r.signal(sig)
			if got := r.end(); got != unix.SignalName(sig) {
				t.Errorf("ended with %s", got)
			}
			for _, pid := range pids {
				r.gone(pid)
			}
		})
	}
}

func (r *run) guardianOf(pid string) {
	r.t.Helper()
	n, _ := strconv.Atoi(pid)
	r.until("the inner guardian", func() bool {
		for _, child := range children(n) {
			comm, _ := os.ReadFile("/proc/" + child + "/comm")
			if strings.HasPrefix(string(comm), "pmap-guardian") {
				return true
			}
		}
		return false
	})
}

// TestFirstProcess runs pmap as process 1 of a container: it can't die by a
// signal there and exits with what a shell would make of one; and it reaps
// what is left to it.
func TestFirstProcess(t *testing.T) {
	needUnshare(t, "--pid", "--fork", "--kill-child", "--mount-proc", "true")
	t.Run("signal", func(t *testing.T) {
		r := start(t, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "pmap",
			`echo $$ > pid; exec sleep 1000; : {}`, ":::", "1")
		r.pidIn("pid")
		inner := children(r.pid())
		if len(inner) != 1 {
			t.Fatalf("children of unshare: %q", inner)
		}
		pid, _ := strconv.Atoi(inner[0])
		unix.Kill(pid, unix.SIGTERM)
		r.ends("143", "", "pmap: interrupted: ending 1 job; again to kill\npmap: interrupted: 0 of 1 done; not finished: #1\n")
	})
	t.Run("orphans", func(t *testing.T) {
		r := start(t, "unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "pmap", "-j1",
			`case {} in
			1) for i in 1 2 3; do (sh -c 'echo >> up; until test -e end; do sleep 0.01; done' >/dev/null 2>&1 &); done
				until test -s up && test $(wc -l < up) = 3; do sleep 0.01; done;;
			2) echo $$ > pid; until test -e go; do sleep 0.01; done; echo went on;;
			esac`, ":::", "1", "2")
		r.pidIn("pid")
		pid, _ := strconv.Atoi(children(r.pid())[0])
		r.until("three orphans, a job and a guardian", func() bool { return len(children(pid)) == 5 })
		r.write("end", "\n")
		r.until("the orphans' end, not even as zombies", func() bool { return len(children(pid)) == 2 })
		r.write("go", "\n")
		r.ends("0", "went on\n", "")
	})
}

// TestSignalWhileWaiting ends runs in which nothing runs at the moment: while
// the input has nothing, and while time has to pass before the next start.
func TestSignalWhileWaiting(t *testing.T) {
	for name, words := range map[string][]string{
		"input": {"pmap", "echo"},
		"delay": {"pmap", "--delay", "1h", "echo", ":::", "a", "b"},
		"retry": {"pmap", "--tries", "2", "--retry-delay", "1000h", "--retry-max-delay", "1000h", "echo {}; test {} = a", ":::", "a", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			r := prepare(t, words...)
			in := r.feed()
			r.begin()
			if name == "input" {
				in.Write([]byte("a\nunfinished"))
			}
			r.prints("a\n")
			if name == "retry" {
				r.until("the failure of b", func() bool {
					r.signal(unix.SIGUSR1)
					return strings.Contains(r.err.String(), "1 to be tried again")
				})
			}
			r.signal(unix.SIGINT)
			if got := r.end(); got != "SIGINT" {
				t.Errorf("ended with %s", got)
			}
			in.Close()
			r.wrote("stdout", r.out.String(), "a\n")
		})
	}
}

// TestStuckReader holds that a second signal ends a run whose output nobody
// takes.
func TestStuckReader(t *testing.T) {
	r := prepare(t, "pmap", "-j2", `: {}; echo >> began; yes`, ":::", "1", "2")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	r.cmd.Stdout = write
	r.begin()
	write.Close()
	r.until("a full pipe", func() bool { return full(read) })
	r.file("began")
	r.signal(unix.SIGTERM)
	r.says("again to kill\n")
	r.signal(unix.SIGTERM)
	if got := r.end(); got != "SIGTERM" {
		t.Errorf("ended with %s", got)
	}
}

// full reports whether nothing more can be written to a pipe.
func full(read *os.File) bool {
	write, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", read.Fd()), unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(write)
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(write), Events: unix.POLLOUT}}, 0)
	return n == 0 && err == nil
}

// TestEndedJobsLeaveNoFile holds that --stdout puts no half of a file in place.
func TestEndedJobsLeaveNoFile(t *testing.T) {
	r := start(t, "pmap", "-j1", "--stdout", "out.{}", `echo {}; case {} in 2) echo $$ > pid; exec sleep 1000; esac`, ":::", "1", "2")
	r.pidIn("pid")
	r.file("out.1")
	r.signal(unix.SIGTERM)
	r.ends("SIGTERM", "", "pmap: interrupted: ending 1 job; again to kill\npmap: interrupted: 1 of 2 done; not finished: #2\n")
	if names, _ := os.ReadDir(r.dir); len(names) != 3 {
		t.Errorf("left: %v", names)
	}
}

// TestGuardianKilled holds that a run doesn't depend on its guardian.
func TestGuardianKilled(t *testing.T) {
	r := start(t, "pmap", "-j1", `until test -e go; do sleep 0.01; done; echo {}`, ":::", "1", "2")
	r.kill(r.guardian())
	r.write("go", "\n")
	r.ends("0", "1\n2\n", "")
}

// TestJobKilled holds that a job which somebody kills is its own failure.
func TestJobKilled(t *testing.T) {
	r := start(t, "pmap", "-j1", `case {} in 1) echo $$ > pid; exec sleep 1000; esac; echo {}`, ":::", "1", "2")
	r.kill(r.pidIn("pid"))
	r.ends("125", "2\n", "pmap: 1 of 2 failed (1 SIGKILL); first #1, SIGKILL: case 1 in 1) echo $$ > pid; exec sleep 1000; esac; echo 1\n")
}

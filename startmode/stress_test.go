//go:build linux

package startmode

import (
	"os"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestManyAtOnce has threads start and reap jobs while the collector works
// without a pause, which moves stacks and reuses what nobody points to.
func TestManyAtOnce(t *testing.T) {
	const threads, each = 6, 200
	eachStarter(t, func(t *testing.T, s Starter) {
		before := taskCount(t)
		stop := collectAllTheTime()
		var all sync.WaitGroup
		for n := range threads {
			all.Go(func() { startMany(t, s, n, each) })
		}
		all.Wait()
		stop()
		// A thread is made for each that is blocked in a system call, and kept; how
		// many the collector has depends on the machine.
		if after := taskCount(t); after > before+threads*each/2 {
			t.Errorf("%d threads, %d before", after, before)
		}
	})
}

func startMany(t *testing.T, s Starter, n, times int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var cell int32
	spec := command("sh", "-c", "exit $1", "sh", "")
	spec.Cell = &cell
	missing := command("/nowhere/x")
	for i := range times {
		code := (n + i) % 100
		spec.Argv.Truncate(4)
		spec.Argv.AppendString(string([]byte{'0' + byte(code/10), '0' + byte(code%10)}))
		pid, err := s.Start(spec)
		if err != nil || int(cell) != pid {
			t.Errorf("pid %d, cell %d, %v", pid, cell, err)
			return
		}
		if status := mustWait(t, pid); status.ExitStatus() != code {
			t.Errorf("status %#x, want exit %d", status, code)
		}
		if _, err := s.Start(missing); err == nil || err.(*StartError).Err != unix.ENOENT {
			t.Errorf("missing program: %v", err)
		}
	}
}

// collectAllTheTime keeps the garbage collector busy until it is stopped.
func collectAllTheTime() (stop func()) {
	done := make(chan struct{})
	var over sync.WaitGroup
	over.Go(func() {
		var keep [64][]byte
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				keep[i%len(keep)] = make([]byte, 4096)
				runtime.GC()
			}
		}
	})
	return func() { close(done); over.Wait() }
}

func taskCount(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestFastStartAllocatesNothing(t *testing.T) {
	if !vforkTried || raceEnabled {
		t.Skip("not the program as it is built")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s := NewFork(ForkOptions{})
	spec := command("/bin/true")
	var status unix.WaitStatus
	var ru unix.Rusage
	perJob := testing.AllocsPerRun(200, func() {
		pid, err := s.Start(spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Wait(pid, 0, &status, &ru); err != nil {
			t.Fatal(err)
		}
	})
	if perJob != 0 {
		t.Errorf("%v allocations per job", perJob)
	}
}

//go:build linux

package startmode

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestGroupAlive(t *testing.T) {
	eachStarter(t, func(t *testing.T, s Starter) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		spec := command("sh", "-c", "sleep 1000 & echo $!")
		spec.Files[1] = int(w.Fd())
		pid := mustStart(t, s, spec)
		w.Close()
		child := watchPID(t, numbers(t, r, 1)[0])
		watchPID(t, pid).ends(t)

		if !GroupAlive(pid) {
			t.Error("a group whose leader has ended counts as dead")
		}
		unix.Kill(child.pid, unix.SIGKILL)
		child.ends(t)
		eventually(t, "a group of zombies is dead", func() bool { return !GroupAlive(pid) })
		if lookUp(pid).pid == 0 {
			t.Error("the leader was reaped by somebody else")
		}
		mustWait(t, pid)
		if GroupAlive(pid) {
			t.Error("a group that is gone is alive")
		}
	})
}

// A group that is younger than the last look at the process table is found.
func TestGroupAliveAtOnce(t *testing.T) {
	eachStarter(t, func(t *testing.T, s Starter) {
		for range 3 {
			pid := sitting(t, s, func(*Spec) {})
			if !GroupAlive(pid) {
				t.Errorf("group %d, just started, counts as dead", pid)
			}
		}
	})
}

func TestSignalGroup(t *testing.T) {
	eachStarter(t, func(t *testing.T, s Starter) {
		pid := mustStart(t, s, command("sleep", "1000"))
		if err := SignalGroup(pid, unix.SIGTERM); err != nil {
			t.Error(err)
		}
		if status := mustWait(t, pid); status.Signal() != unix.SIGTERM {
			t.Errorf("status %#x", status)
		}
		if err := SignalGroup(pid, unix.SIGTERM); err != nil {
			t.Errorf("a group that is gone: %v", err)
		}
		if err := SignalGroup(sitting(t, s, func(*Spec) {}), 1000); err != unix.EINVAL {
			t.Errorf("signal 1000: %v", err)
		}
	})
}

func TestWait(t *testing.T) {
	eachStarter(t, func(t *testing.T, s Starter) {
		pid := mustStart(t, s, command("sleep", "1000"))
		var status unix.WaitStatus
		if got, err := Wait(pid, unix.WNOHANG, &status, nil); got != 0 || err != nil {
			t.Errorf("a running process: %d, %v", got, err)
		}
		unix.Kill(pid, unix.SIGKILL)
		var ru unix.Rusage
		if got, err := Wait(pid, 0, &status, &ru); got != pid || err != nil || status.Signal() != unix.SIGKILL || ru.Maxrss == 0 {
			t.Errorf("a killed one: %d, %v, status %#x, %d KiB", got, err, status, ru.Maxrss)
		}
		if _, err := Wait(pid, 0, &status, nil); err != unix.ECHILD {
			t.Errorf("again: %v", err)
		}
	})
}

func TestParseStat(t *testing.T) {
	for _, test := range []struct {
		stat string
		want process
		ok   bool
	}{
		{"7 (a) S 1 22 33 0 -1 4 9 0 0 0 0 0 0 0 20 0 1 0 171", process{7, 22, 33, true}, true},
		{"7 () Z 1 (x)) Z 1 22 33 0 -1 4 9 0 0 0 0 0 0 0 20 0 1 0 171", process{7, 22, 33, false}, true},
		{"7 (a b) Z 1 22 33 0 -1 4 9 0 0 0 0 0 0 0 20 0 2 0 171", process{7, 22, 33, true}, true},
		{"7 (a) X 1 22 33 0 -1 4 9 0 0 0 0 0 0 0 20 0 1 0 171", process{7, 22, 33, false}, true},
		{"7 (a) S 1 22", process{}, false},
		{"", process{}, false},
	} {
		if got, ok := parseStat(7, []byte(test.stat)); got != test.want || ok != test.ok {
			t.Errorf("%q: %+v, %v", test.stat, got, ok)
		}
	}
}

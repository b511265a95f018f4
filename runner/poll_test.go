package runner

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// Waits that keep their P must leave one to whom they wait for, and those that
// may not keep one are waits all the same.
func TestPollLeavesAProcessor(t *testing.T) {
	defer func(procs int, most int32) {
		runtime.GOMAXPROCS(procs)
		keepMost.Store(most)
	}(runtime.GOMAXPROCS(0), keepMost.Load())
	SetProcs(1)
	if procs, most := runtime.GOMAXPROCS(0), keepMost.Load(); int(most) >= procs {
		t.Fatalf("%d of %d processors may be kept", most, procs)
	}
	r, w, err := ipc.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(r)
	var begun, waits sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		begun.Add(1)
		waits.Go(func() {
			begun.Done()
			set := []unix.PollFd{{Fd: int32(r), Events: unix.POLLIN}}
			for {
				n, err := poll(set, never)
				if n == 1 {
					return
				}
				if err != unix.EINTR {
					t.Errorf("poll without an end: %d, %v", n, err)
					return
				}
			}
		})
	}
	begun.Wait() // which the first of them don't keep the others from
	unix.Close(w)
	waits.Wait()
	if n := kept.Load(); n != 0 {
		t.Errorf("%d processors are kept, with nobody waiting", n)
	}
}

func TestPollWaits(t *testing.T) {
	defer keepMost.Store(keepMost.Load())
	for most := range int32(2) {
		keepMost.Store(most)
		r, w, err := ipc.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		set := []unix.PollFd{{Fd: int32(r), Events: unix.POLLIN}}
		for _, d := range []time.Duration{0, keepTime / 2, keepTime, 3 * keepTime} {
			begin := time.Now()
			n, err := poll(set, d)
			if took := time.Since(begin); n != 0 && err != unix.EINTR || err == nil && took < d {
				t.Errorf("a wait of %v, with %d to be kept: %d, %v after %v", d, most, n, err, took)
			}
		}
		unix.Write(w, []byte("x"))
		for _, d := range []time.Duration{0, keepTime, never} {
			set[0].Revents = 0
			if n, err := poll(set, d); n != 1 || err != nil || set[0].Revents != unix.POLLIN {
				t.Errorf("a wait of %v for what is there, with %d to be kept: %d, %v, events %x", d, most, n, err, set[0].Revents)
			}
		}
		unix.Close(r)
		unix.Close(w)
	}
}

// A hang-up can come without word of what the last writer left: that is read all
// the same, and the pipe isn't done with before.
func TestHangUp(t *testing.T) {
	p, err := New(newRun(t, nil, "true").cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := newSlot(p, 1)
	defer s.pipes[stdout].close()
	for _, text := range []string{"", "x"} {
		w, err := s.pipes[stdout].open(-1)
		if err != nil {
			t.Fatal(err)
		}
		unix.Write(w, []byte(text))
		unix.Close(w)
		task := &Task{}
		p.arm(task, 1, time.Now())
		j := &job{slot: s, task: task, reading: [2]bool{stdout: true}}
		if !j.read(stdout, unix.POLLHUP) || j.reading[stdout] || task.capture.received[stdout] != int64(len(text)) {
			t.Errorf("after %q: %d bytes received, reading %v", text, task.capture.received[stdout], j.reading[stdout])
		}
	}
}

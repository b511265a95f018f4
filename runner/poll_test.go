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
	var waits sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) {
		waits.Go(func() {
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
	unix.Close(w)
	waits.Wait()
	if n := kept.Load(); n != 0 {
		t.Errorf("%d processors are kept, with nobody waiting", n)
	}
}

func TestPollWaits(t *testing.T) {
	r, w, err := ipc.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(r)
	defer unix.Close(w)
	set := []unix.PollFd{{Fd: int32(r), Events: unix.POLLIN}}
	for _, d := range []time.Duration{0, keepTime / 2, keepTime, 3 * keepTime} {
		begin := time.Now()
		n, err := poll(set, d)
		if took := time.Since(begin); n != 0 && err != unix.EINTR || err == nil && took < d {
			t.Errorf("a wait of %v: %d, %v after %v", d, n, err, took)
		}
	}
	unix.Write(w, []byte("x"))
	if n, err := poll(set, never); n != 1 || err != nil || set[0].Revents != unix.POLLIN {
		t.Errorf("a wait for what is there: %d, %v, events %x", n, err, set[0].Revents)
	}
}

// What a writer left before it went is there after the hang-up.
func TestHasData(t *testing.T) {
	for _, text := range []string{"", "x"} {
		r, w, err := ipc.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		unix.Write(w, []byte(text))
		unix.Close(w)
		if got := hasData(r); got != (text != "") {
			t.Errorf("hasData after %q: %v", text, got)
		}
		unix.Close(r)
	}
}

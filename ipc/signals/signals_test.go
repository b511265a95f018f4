package signals

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNotify holds that each signal arrives, and that what arrived before Stop
// is there after it.
func TestNotify(t *testing.T) {
	sigs := []unix.Signal{unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH}
	for range 3 {
		r, err := Notify(sigs...)
		if err != nil {
			t.Fatal(err)
		}
		for _, sig := range sigs {
			raise(sig)
			if got := <-r.C; got != sig {
				t.Errorf("got %v for %v", got, sig)
			}
		}
		r.Stop()
		if sig, open := <-r.C; open {
			t.Errorf("%v came after Stop", sig)
		}
	}
}

// TestNotifyMany holds that no signal, however many come, stops who sends or
// receives, from any thread.
func TestNotifyMany(t *testing.T) {
	r, err := Notify(unix.SIGUSR1)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	for range 4 {
		go func() {
			for range 5000 {
				raise(unix.SIGUSR1)
			}
			done <- struct{}{}
		}()
	}
	for left := 4; left > 0; {
		select {
		case sig := <-r.C:
			if sig != unix.SIGUSR1 {
				t.Errorf("got %v", sig)
			}
		case <-done:
			left--
		}
	}
	r.Stop()
}

func raise(sig unix.Signal) { unix.Kill(os.Getpid(), sig) }

package signals

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStop holds that signals do after Stop what they did before.
func TestStop(t *testing.T) {
	before := caught(t)
	r, err := Notify(unix.SIGTSTP, unix.SIGCONT, unix.SIGUSR1)
	if err != nil {
		t.Fatal(err)
	}
	r.Stop()
	if after := caught(t); !bytes.Equal(before, after) {
		t.Errorf("caught before:\n%s\nafter:\n%s", before, after)
	}
}

// caught is the kernel's list of the signals that have a handler.
func caught(t *testing.T) []byte {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(status) {
		if bytes.HasPrefix(line, []byte("SigCgt:")) {
			return line
		}
	}
	t.Fatal("no SigCgt in /proc/self/status")
	return nil
}

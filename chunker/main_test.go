package chunker

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails where a test leaves a goroutine or a file descriptor behind.
func TestMain(m *testing.M) {
	before := openFDs()
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if after := openFDs(); code == 0 && len(after) > len(before) {
		fmt.Fprintf(os.Stderr, "file descriptors before the tests: %v\nafter: %v\n", before, after)
		code = 1
	}
	os.Exit(code)
}

// openFDs lists what the process holds open, where the system tells. Go's
// poller is made first, which stays for ever once something has used it.
func openFDs() []string {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var fds []string
	for _, e := range entries {
		if target, err := os.Readlink(dir + "/" + e.Name()); err == nil {
			fds = append(fds, e.Name()+"="+target)
		}
	}
	return fds
}

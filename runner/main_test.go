package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"pmap/runner/worker"
	"pmap/startmode"
)

// TestMain holds that the tests leave nothing behind: no goroutine, no fd, no
// child, no file in the temporary folder.
func TestMain(m *testing.M) {
	startmode.Enter()
	if status, entered := worker.Enter(os.Args); entered {
		os.Exit(status)
	}
	os.Exit(runAndCount(m))
}

func runAndCount(m *testing.M) int {
	tmp, err := os.MkdirTemp("", "runner-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(tmp)
	os.Setenv("TMPDIR", tmp)
	os.Setenv("GORACE", "atexit_sleep_ms=0") // each worker would stay for a second
	before := openFDs()
	code := m.Run()
	if code != 0 {
		return code
	}
	if err := leftovers(tmp, before); err != nil {
		fmt.Fprintln(os.Stderr, "left behind:", err)
		return 1
	}
	return 0
}

func leftovers(tmp string, fds int) error {
	if err := goleak.Find(); err != nil {
		return err
	}
	if now := openFDs(); now > fds {
		return fmt.Errorf("%d fds, where there were %d", now, fds)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		return fmt.Errorf("a child: wait4 says %d, %v", pid, err)
	}
	if names, _ := filepath.Glob(filepath.Join(tmp, "*")); len(names) > 0 {
		return fmt.Errorf("files: %q", names)
	}
	return nil
}

func openFDs() int {
	names, _ := filepath.Glob("/proc/self/fd/*")
	return len(names)
}

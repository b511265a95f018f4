package runner

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pmap/runner/worker"
	"pmap/startmode"
	"pmap/testdata/leaktest"
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
	return leaktest.Run(m, func() error {
		if names, _ := filepath.Glob(filepath.Join(tmp, "*")); len(names) > 0 {
			return fmt.Errorf("files: %q", names)
		}
		return nil
	})
}

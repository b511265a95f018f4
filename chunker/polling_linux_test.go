package chunker

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// waitPolling returns once a thread of this process waits in poll(2), which
// x/sys makes a ppoll.
func waitPolling(t *testing.T) {
	t.Helper()
	call := strconv.Itoa(unix.SYS_PPOLL) + " "
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtime.Gosched() {
		threads, err := filepath.Glob("/proc/self/task/*/syscall")
		if err != nil || len(threads) == 0 {
			t.Skip("the system doesn't tell what a thread waits in")
		}
		for _, name := range threads {
			if text, err := os.ReadFile(name); err == nil && strings.HasPrefix(string(text), call) {
				return
			}
		}
	}
	t.Fatal("no thread waits in poll(2)")
}

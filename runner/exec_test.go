package runner

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// execShell runs a script as the sequential loop would.
func execShell(script string) (string, error) {
	cmd := exec.Command("sh", "-c", script)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return string(out), err
}

// killPidFile ends the process that a test's job left behind on purpose, and
// holds that it was still there.
func killPidFile(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("the process left behind: %v", err)
	}
}

package cmd

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/ipc/signals"
	"pmap/startmode"
	"pmap/testdata/leaktest"
)

// deathEnv makes the test program end as pmap does by that signal.
const deathEnv = "PMAP_TEST_DIE_BY"

func TestMain(m *testing.M) {
	startmode.Enter() // a guardian is this program, too
	if n, err := strconv.Atoi(os.Getenv(deathEnv)); err == nil {
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
		fmt.Println(dieBy(unix.Signal(n)))
		return
	}
	if r, err := signals.Notify(unix.SIGUSR1); err == nil {
		r.Stop() // its pipe stays
	}
	os.Exit(leaktest.Run(m))
}

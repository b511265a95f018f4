//go:build linux && (amd64 || arm64)

// The tests stand outside of the package: what they import would be
// initialised before it.
package inherited_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"pmap/startmode/inherited"
)

// show has the test binary print what it inherited.
const show = "PMAP_TEST_SHOW_INHERITED"

func TestMain(m *testing.M) {
	if os.Getenv(show) != "" {
		fmt.Println(inherited.NoFile.Cur, inherited.Ignored)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestInherited(t *testing.T) {
	for _, test := range []struct {
		setup   string
		limit   uint64
		ignored []syscall.Signal
	}{
		{"ulimit -Sn 300", 300, nil},
		{"ulimit -Sn 64; trap '' HUP", 64, []syscall.Signal{syscall.SIGHUP}},
		{"ulimit -Sn 65; trap '' INT HUP TSTP TTIN TTOU CONT", 65, []syscall.Signal{
			syscall.SIGINT, syscall.SIGHUP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGCONT,
		}},
	} {
		program, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", test.setup+`; exec "$0"`, program)
		cmd.Env = append(os.Environ(), show+"=1")
		out, err := cmd.Output()
		var limit, ignored uint64
		if _, scanErr := fmt.Sscan(string(out), &limit, &ignored); err != nil || scanErr != nil {
			t.Fatalf("%v, %v: %s", err, scanErr, out)
		}
		want := inherited.Ignored // what already held for the tests
		for _, sig := range test.ignored {
			want |= 1 << (sig - 1)
		}
		if limit != test.limit || ignored != want {
			t.Errorf("%s: limit %d, ignored %x, want %d and %x", test.setup, limit, ignored, test.limit, want)
		}
	}
}

func TestLimitIsNotTheRuntimes(t *testing.T) {
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &now); err != nil {
		t.Fatal(err)
	}
	if got := inherited.NoFile; got.Max != now.Max || got.Cur > now.Cur || got.Cur == 0 {
		t.Errorf("%+v, now %+v", got, now)
	}
}

package runner

import (
	"bytes"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// withoutFiles runs f while no file can be opened.
func withoutFiles(t *testing.T, f func()) {
	t.Helper()
	free, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := unix.Rlimit{Cur: uint64(free.Fd()), Max: limit.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	f()
}

// TestSpillWithoutFiles holds that too many open files are no failure: what is
// spilled goes on in the file that there is, and without one there is no room.
func TestSpillWithoutFiles(t *testing.T) {
	s := spill{dir: t.TempDir(), limit: -1}
	defer s.close()
	large := bytes.Repeat([]byte("0123456789abcdef"), spillFileMin/16)
	first, err := s.write(large)
	if err != nil {
		t.Fatal(err)
	}
	var second extent
	withoutFiles(t, func() {
		second, err = s.write([]byte("second"))
		if err != nil || second.file != first.file {
			t.Errorf("%v; in the same file: %v", err, second.file == first.file)
		}
		got := make([]byte, second.n)
		if _, err := second.file.f.ReadAt(got, second.off); err != nil || string(got) != "second" {
			t.Errorf("read %q, %v", got, err)
		}
		other := spill{dir: s.dir, limit: -1}
		if _, err := other.write([]byte("x")); err != errNoRoom || other.hasRoom(1) {
			t.Errorf("%v; room: %v", err, other.hasRoom(1))
		}
	})
	third, err := s.write([]byte("third"))
	if err != nil || third.file == first.file {
		t.Errorf("%v; in a file of its own: %v", err, third.file != first.file)
	}
	for _, e := range []extent{first, second, third} {
		s.release(e)
	}
	if first.file.f != nil {
		t.Error("a file that holds nothing any more is open")
	}
}

package ipc

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

func TestTable(t *testing.T) {
	table, err := NewTable(3)
	if err != nil {
		t.Fatal(err)
	}
	dup, err := unix.Dup(table.FD())
	if err != nil {
		t.Fatal(err)
	}
	other, err := OpenTable(dup)
	if err != nil {
		t.Fatal(err)
	}
	atomic.StoreInt32(table.Cell(2), 77)
	if table.Slots() != 3 || other.Slots() != 3 || atomic.LoadInt32(other.Cell(2)) != 77 {
		t.Errorf("slots %d and %d, cell %d", table.Slots(), other.Slots(), *other.Cell(2))
	}
	if flags, _ := unix.FcntlInt(uintptr(dup), unix.F_GETFD, 0); flags != unix.FD_CLOEXEC {
		t.Error("an opened table would be inherited")
	}
	for _, table := range []*Table{table, other} {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := NewTable(0); err == nil {
		t.Error("a table of 0 slots was made")
	}
}

func TestOpenTableOfSomethingElse(t *testing.T) {
	empty, err := os.Create(filepath.Join(t.TempDir(), "empty"))
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	dup, err := unix.Dup(int(empty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTable(dup); err == nil || !strings.Contains(err.Error(), "it is empty") {
		t.Errorf("error %v", err)
	}
	if _, err := unix.FcntlInt(uintptr(dup), unix.F_GETFD, 0); err != unix.EBADF {
		t.Error("the fd was left open")
	}
}

// TestPipe holds that a pipe carries bytes, ends, and is never inherited.
func TestPipe(t *testing.T) {
	r, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(r)
	for _, fd := range []int{r, w} {
		if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); flags != unix.FD_CLOEXEC {
			t.Errorf("fd %d would be inherited", fd)
		}
	}
	if _, err := unix.Write(w, []byte("x")); err != nil {
		t.Fatal(err)
	}
	unix.Close(w)
	buf := make([]byte, 2)
	if n, err := unix.Read(r, buf); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
	if n, err := unix.Read(r, buf); n != 0 || err != nil {
		t.Errorf("no end: read %d, %v", n, err)
	}
}

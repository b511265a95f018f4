package chunker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// patience is how long a test waits for a fact before it gives up.
const patience = 2 * time.Minute

// newPipe returns both ends of a pipe, closed at the test's end.
func newPipe(t *testing.T) (r, w int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	t.Cleanup(func() {
		unix.Close(p[0])
		unix.Close(p[1])
	})
	return p[0], p[1]
}

func writeAll(t *testing.T, fd int, text string) {
	t.Helper()
	if n, err := unix.Write(fd, []byte(text)); err != nil || n != len(text) {
		t.Fatalf("wrote %d of %d bytes: %v", n, len(text), err)
	}
}

// newInputSource reads fd through an Input of its own.
func newInputSource(t *testing.T, fd int, opt Options) *Source {
	t.Helper()
	in := NewInput(fd)
	t.Cleanup(func() { in.Close() })
	return NewSource(in, opt)
}

func wantNext(t *testing.T, s *Source, want string) {
	t.Helper()
	if it, err := s.Next(); err != nil || string(it.Record) != want {
		t.Fatalf("Next: %q, %v, want %q", it.Record, err, want)
	}
}

// nextLater calls Next on a goroutine of its own.
func nextLater(s *Source) <-chan error {
	done := make(chan error, 1)
	go func() {
		it, err := s.Next()
		if err == nil {
			err = fmt.Errorf("got the record %q", it.Record)
		}
		done <- err
	}()
	return done
}

func within(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatal("Next still waits")
		return nil
	}
}

func TestRecordIsOutAtItsDelimiter(t *testing.T) {
	r, w := newPipe(t)
	s := newInputSource(t, r, Options{})
	writeAll(t, w, "a\n")
	wantNext(t, s, "a") // while the writer holds the pipe open
	writeAll(t, w, "b\nc\nd")
	wantNext(t, s, "b")
	if !s.Ready() {
		t.Error("c has been read, but Ready is false")
	}
	wantNext(t, s, "c")
	if s.Ready() {
		t.Error("d isn't complete, but Ready is true")
	}
	writeAll(t, w, "\n")
	wantNext(t, s, "d")
}

func TestInterruptUnblocks(t *testing.T) {
	r, w := newPipe(t)
	s := newInputSource(t, r, Options{})
	writeAll(t, w, "a\nunfinished")
	wantNext(t, s, "a")
	done := nextLater(s)
	waitPolling(t)
	s.Interrupt()
	if err := within(t, done); err != ErrInterrupted {
		t.Errorf("%v, want ErrInterrupted", err)
	}
	if _, err := s.Next(); err != ErrInterrupted {
		t.Errorf("then %v", err)
	}
}

func TestInterruptUnblocksTerminal(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	s := newInputSource(t, int(tty.Fd()), Options{})
	if _, err := master.WriteString("a\nunfinished"); err != nil {
		t.Fatal(err)
	}
	wantNext(t, s, "a")
	done := nextLater(s)
	waitPolling(t)
	s.Interrupt()
	if err := within(t, done); err != ErrInterrupted {
		t.Errorf("%v, want ErrInterrupted", err)
	}
}

func TestInterruptBeforeTheFirstNext(t *testing.T) {
	r, w := newPipe(t)
	writeAll(t, w, "a\n")
	s := newInputSource(t, r, Options{})
	s.Interrupt()
	s.Interrupt()
	if !s.Ready() {
		t.Error("interrupted, but not ready")
	}
	if it, err := s.Next(); err != ErrInterrupted {
		t.Errorf("%q, %v, want ErrInterrupted", it.Record, err)
	}
}

// Interrupts come at any moment of a reader that reads and waits in turns.
func TestInterruptRaces(t *testing.T) {
	for range 200 {
		r, w := newPipe(t)
		in := NewInput(r)
		s := NewSource(in, Options{})
		done := make(chan error, 1)
		go func() {
			for {
				if _, err := s.Next(); err != nil {
					done <- err
					return
				}
			}
		}()
		writeAll(t, w, "a\nb\n")
		s.Interrupt()
		if err := within(t, done); err != ErrInterrupted {
			t.Fatalf("%v, want ErrInterrupted", err)
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
		s.Interrupt() // after Close
	}
}

func TestInterruptOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	text := strings.Repeat("0123456\n", 100000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s := NewSource(in, Options{})
	wantNext(t, s, "0123456")
	s.Interrupt()
	got := 1
	for ; err == nil; got++ {
		_, err = s.Next()
	}
	if err != ErrInterrupted || got-1 != minBlock/8 {
		t.Errorf("%d records, then %v; want those of the first block, %d", got-1, err, minBlock/8)
	}
}

func TestNonblockingFD(t *testing.T) {
	r, w := newPipe(t)
	if err := unix.SetNonblock(r, true); err != nil {
		t.Fatal(err)
	}
	s := newInputSource(t, r, Options{})
	done := make(chan error, 1)
	go func() {
		it, err := s.Next()
		if err == nil && string(it.Record) != "a" {
			err = fmt.Errorf("got %q", it.Record)
		}
		done <- err
	}()
	waitPolling(t)
	writeAll(t, w, "a\n")
	if err := within(t, done); err != nil {
		t.Error(err)
	}
	flags, err := unix.FcntlInt(uintptr(r), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("flags %#x, %v: the caller's O_NONBLOCK is gone", flags, err)
	}
}

func TestFlagsStay(t *testing.T) {
	r, w := newPipe(t)
	before, _ := unix.FcntlInt(uintptr(r), unix.F_GETFL, 0)
	in := NewInput(r)
	s := NewSource(in, Options{})
	writeAll(t, w, "a\n")
	wantNext(t, s, "a")
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	after, err := unix.FcntlInt(uintptr(r), unix.F_GETFL, 0)
	if err != nil || after != before {
		t.Errorf("flags %#x before, %#x after, %v", before, after, err)
	}
}

func TestOpenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "with \"quotes\"\nand a newline")
	if err := os.WriteFile(path, []byte("a\nb"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fd := in.fd
	got, err := drain(t, NewSource(in, Options{}))
	if d := cmp.Diff([]string{"a", "b"}, got); d != "" || err != io.EOF {
		t.Errorf("%v: -want +got\n%s", err, d)
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := in.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("fd %d is still open: %v", fd, err)
	}
}

func TestOpenFileErrors(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	tests := []struct {
		path, want string
		is         error
	}{
		{missing, fmt.Sprintf("cannot open %q: no such file or directory", missing), fs.ErrNotExist},
		{dir, fmt.Sprintf("cannot read %q: is a directory", dir), unix.EISDIR},
	}
	for _, tt := range tests {
		in, err := OpenFile(tt.path)
		if err == nil {
			in.Close()
			t.Errorf("%s: no error", tt.path)
			continue
		}
		if err.Error() != tt.want || !errors.Is(err, tt.is) {
			t.Errorf("%q, want %q", err, tt.want)
		}
	}
}

func TestReadOfADirectory(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	s := newInputSource(t, int(dir.Fd()), Options{Name: "standard input"})
	if _, err := s.Next(); err == nil || err.Error() != "cannot read standard input: is a directory" {
		t.Errorf("%v", err)
	}
}

func TestFifo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		// Opening waits for the reader where the reader waits for it.
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			w.WriteString("a\nb\n")
			w.Close()
		}
	}()
	in, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	got, err := drain(t, NewSource(in, Options{}))
	if d := cmp.Diff([]string{"a", "b"}, got); d != "" || err != io.EOF {
		t.Errorf("%v: -want +got\n%s", err, d)
	}
}

func TestEmptyInputs(t *testing.T) {
	r, w := newPipe(t)
	unix.Close(w)
	null, err := OpenFile("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for name, s := range map[string]*Source{
		"pipe": newInputSource(t, r, Options{}),
		"null": NewSource(null, Options{}),
	} {
		if it, err := s.Next(); err != io.EOF {
			t.Errorf("%s: %q, %v", name, it.Record, err)
		}
	}
}

// memory measures the heap at each read. Garbage counts: it is what the
// process takes from the system.
type memory struct {
	feed
	every int
	reads int
	peak  uint64
}

func (m *memory) read(p []byte) (int, error) {
	if m.reads%m.every == 0 {
		var st runtime.MemStats
		runtime.ReadMemStats(&st)
		m.peak = max(m.peak, st.HeapInuse)
	}
	m.reads++
	return m.feed.read(p)
}

func heapInuse() uint64 {
	runtime.GC()
	var st runtime.MemStats
	runtime.ReadMemStats(&st)
	return st.HeapInuse
}

func TestHugeRecord(t *testing.T) {
	const size = 100 << 20
	f, err := os.Create(filepath.Join(t.TempDir(), "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("\nsmall"), size); err != nil {
		t.Fatal(err)
	}
	before := heapInuse()
	m := &memory{feed: NewInput(int(f.Fd())), every: 1}
	s := newSource(m, maxBlock, Options{})
	it, err := s.Next()
	if err != nil || len(it.Record) != size || bytes.Count(it.Record, []byte{0}) != size {
		t.Fatalf("%d bytes, %v", len(it.Record), err)
	}
	if grown := m.peak - before; grown > size*5/2 {
		t.Errorf("a record of %d MiB took %d MiB", size>>20, grown>>20)
	}
	it = Item{}
	wantNext(t, s, "small")
	if _, err := s.Next(); err != io.EOF {
		t.Error(err)
	}
	if after := heapInuse(); after > before+4<<20 {
		t.Errorf("%d KiB are kept after the huge record", (after-before)>>10)
	}
}

const line = "a line of input, of sixty-four bytes with its delimiter, no less\n"

// endless is a feed that never ends by itself.
type endless struct{ left int }

func (e *endless) read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for n := 0; n < len(p); n += copy(p[n:], line) {
	}
	e.left -= len(p)
	return len(p), nil
}

func (*endless) interrupt()        {}
func (*endless) interrupted() bool { return false }

func TestMemoryStaysConstant(t *testing.T) {
	before := heapInuse()
	m := &memory{feed: &endless{left: 128 << 20}, every: 16}
	s := newSource(m, maxBlock, Options{})
	var items int
	for {
		_, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		items++
	}
	if items < 128<<20/len(line)-1 {
		t.Errorf("only %d items", items)
	}
	if grown := int64(m.peak) - int64(before); grown > 16<<20 {
		t.Errorf("the heap grew by %d MiB over 128 MiB of input", grown>>20)
	}
}

// Records cost no allocation of their own: only blocks are allocated.
func TestNextAllocatesBlocksOnly(t *testing.T) {
	s := newSource(&endless{left: 1 << 40}, maxBlock, Options{Lines: true, SkipBlank: true})
	perRun := testing.AllocsPerRun(100, func() {
		for range maxBlock / len(line) {
			if _, err := s.Next(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if perRun > 2 {
		t.Errorf("%v allocations for a block of records", perRun)
	}
}

func BenchmarkNext(b *testing.B) {
	s := newSource(&endless{left: 1 << 62}, maxBlock, Options{Lines: true})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/runner/builtin"
)

const halfSize = 4096

// A session is pmap's side of a worker that runs in this process.
type session struct {
	t      *testing.T
	conn   *ipc.Conn
	window *ipc.Window
	file   *os.File
	begun  int64
	ended  chan struct{}
}

// start starts a worker for items, or, where text isn't empty, for the blocks
// of a file.
func start(t *testing.T, text string, words ...string) *session {
	t.Helper()
	ours, theirs, err := ipc.SocketPair()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, conn: ipc.NewConn(ours), ended: make(chan struct{})}
	go s.work(ipc.NewConn(theirs))
	t.Cleanup(func() { s.conn.Close(); <-s.ended })
	hello := ipc.Hello{Words: append([]string{"\n"}, words...), Blocks: text != ""}
	if hello.Blocks {
		err = s.greetWithFile(&hello, text)
	} else {
		err = s.conn.Write(ipc.AppendHello(nil, &hello))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *session) greetWithFile(hello *ipc.Hello, text string) (err error) {
	name := filepath.Join(s.t.TempDir(), "in")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		return err
	}
	if s.file, err = os.OpenFile(name, os.O_RDWR, 0); err != nil {
		return err
	}
	s.t.Cleanup(func() { s.file.Close() })
	if s.window, err = ipc.NewWindow(halfSize); err != nil {
		return err
	}
	s.t.Cleanup(func() { s.window.Close() })
	return s.conn.Write(ipc.AppendHello(nil, hello), int(s.file.Fd()), s.window.FD())
}

// work is the worker's side.
func (s *session) work(c *ipc.Conn) {
	defer close(s.ended)
	defer c.Close()
	f, err := c.Read()
	if err != nil {
		s.t.Error(err)
		return
	}
	hello, err := ipc.ParseHello(f)
	if err != nil {
		s.t.Error(err)
		return
	}
	loop, err := workLoop(c, &hello, &s.begun)
	if err != nil {
		c.Write(ipc.AppendText(nil, ipc.FrameFault, err.Error()))
		return
	}
	loop()
}

func (s *session) read() ipc.Frame {
	s.t.Helper()
	f, err := s.conn.Read()
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

// parts sends a block and reads its parts.
func (s *session) parts(turn int64, k ipc.Block) (out string, parts int) {
	s.t.Helper()
	s.conn.Write(ipc.AppendBlock(nil, &k))
	var b strings.Builder
	for records := k.Records; records > 0; parts++ {
		f := s.read()
		p, err := ipc.ParsePart(f.Payload)
		if f.Type != ipc.FramePart || err != nil {
			s.t.Fatalf("a frame of type %d, %q, %v", f.Type, f.Payload, err)
		}
		b.Write(s.window.Half(turn)[:p.Shared])
		b.Write(p.Out)
		records -= p.Records
	}
	return b.String(), parts
}

func TestItems(t *testing.T) {
	s := start(t, "", "match", "b")
	out, at := ipc.BeginFrame(nil, ipc.FrameItems)
	for _, item := range []string{"abc", "", "xyz", "b\nb"} {
		out = ipc.AppendBytes(out, item)
	}
	s.conn.Write(ipc.EndFrame(out, at))
	var got []string
	for len(got) < 4 {
		for p := s.read().Payload; p.More(); {
			a := ipc.NextAnswer(&p)
			got = append(got, fmt.Sprintf("%d %q", a.Status, a.Out))
		}
	}
	if want := `0 "abc\n" 0 "" 0 "" 0 "b\nb\n"`; strings.Join(got, " ") != want || atomic.LoadInt64(&s.begun) != 4 {
		t.Errorf("%s, %d begun", got, atomic.LoadInt64(&s.begun))
	}
}

// TestBlocks reads a file by blocks of all kinds: with output that fits the
// window and that doesn't, whole and record by record.
func TestBlocks(t *testing.T) {
	text := strings.Repeat("a line of text\n", 100) + strings.Repeat("x", 2*halfSize) + "\nthe end"
	s := start(t, text, "upper")
	long := int64(2*halfSize + 1)
	for turn, k := range []ipc.Block{
		{Off: 0, Len: 1500, Records: 100},
		{Off: 15, Len: 30, Records: 2, Singly: true},
		{Off: 1500, Len: long, Records: 1},
		{Off: 1485, Len: 15 + long + 7, Records: 3},
		{Off: 1485, Len: 15 + long + 7, Records: 3, Singly: true},
		{Off: 0, Len: 15, Records: 1},
	} {
		got, parts := s.parts(int64(turn), k)
		want := strings.ToUpper(text[k.Off : k.Off+k.Len])
		if !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if got != want {
			t.Errorf("%+v: %d bytes %.80q", k, len(got), got)
		}
		if whole := parts == 1; whole == k.Singly && k.Records > 1 {
			t.Errorf("%+v: came in %d parts", k, parts)
		}
	}
	if atomic.LoadInt64(&s.begun) != 6 {
		t.Errorf("%d blocks were begun", atomic.LoadInt64(&s.begun))
	}
}

// TestChangedFile holds what a worker says of a file that isn't any more what
// it was when it was cut.
func TestChangedFile(t *testing.T) {
	for _, tc := range []struct {
		change func(*os.File)
		want   string
	}{
		{func(f *os.File) { f.Truncate(5) }, "became shorter while it was read: it ends at byte 5 now"},
		{func(f *os.File) { f.WriteAt([]byte("\n"), 1) }, "was changed while it was read: 2 records have become 3 at byte 0"},
	} {
		s := start(t, "abc\ndef\n", "lower")
		tc.change(s.file)
		s.conn.Write(ipc.AppendBlock(nil, &ipc.Block{Len: 8, Records: 2}))
		if f := s.read(); f.Type != ipc.FrameFault || !strings.Contains(string(f.Payload), tc.want) {
			t.Errorf("a frame of type %d: %q", f.Type, f.Payload)
		}
	}
}

// TestMuchOutput holds that output which is too much for a message comes record
// by record.
func TestMuchOutput(t *testing.T) {
	long := strings.Repeat("z", partMost/100)
	s := start(t, strings.Repeat("x\n", 101), "replace", "x", long)
	got, parts := s.parts(0, ipc.Block{Len: 202, Records: 101})
	if got != strings.Repeat(long+"\n", 101) || parts != 101 {
		t.Errorf("%d bytes in %d parts", len(got), parts)
	}
}

func TestRefused(t *testing.T) {
	for _, s := range []*session{start(t, "", "nope"), start(t, "text", "wc")} {
		if f := s.read(); f.Type != ipc.FrameFault {
			t.Errorf("a frame of type %d: %q", f.Type, f.Payload)
		}
	}
}

// TestOneArgs holds that a process for one item is told what a user would type,
// and does that.
func TestOneArgs(t *testing.T) {
	args := OneArgs([]string{"replace", "b", "c"}, "abb")
	if got := strings.Join(args, " "); got != "pmap --builtin replace b c ::: abb" {
		t.Error(got)
	}
	if _, entered := runOne([]string{"pmap", "echo"}, `"\n"`); entered {
		t.Error("somebody else's variable was taken for pmap's")
	}
	var r builtin.Result
	if f, err := builtin.New(args[2:5], []byte("\x00")); err != nil || f([]byte("abb"), &r) != 0 || string(r.Out) != "acc\x00" {
		t.Errorf("%v, %q", err, r.Out)
	}
}

// TestWindowTooSmall holds that the worker survives a window of no use.
func TestWindowTooSmall(t *testing.T) {
	s := start(t, "abc\n", "replace", "b", strings.Repeat("long", halfSize))
	for turn := range int64(3) {
		if got, _ := s.parts(turn, ipc.Block{Len: 4, Records: 1}); len(got) != 4*halfSize+3 {
			t.Errorf("%d bytes", len(got))
		}
	}
	if err := unix.Shutdown(s.conn.FD(), unix.SHUT_WR); err != nil {
		t.Error(err)
	}
	<-s.ended
}

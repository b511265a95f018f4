package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"pmap/ipc"
)

type pipeEnds struct{ r, w int }

// makePipe makes a pipe that is gone after the test.
func makePipe(t *testing.T) pipeEnds {
	t.Helper()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
	return pipeEnds{p[0], p[1]}
}

// transcript runs f over a console that takes itself for a terminal and
// returns what f had it write.
func transcript(t *testing.T, f func(con *console, out *stream)) string {
	t.Helper()
	p := makePipe(t)
	con := &console{name: "pmap", fd: p.w, tty: true, ours: func() bool { return true }}
	f(con, &stream{fd: p.w, con: con})
	if _, err := unix.Write(p.w, []byte{0}); err != nil {
		t.Fatal(err)
	}
	var all []byte
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(all, []byte{0}) {
		n, err := unix.Read(p.r, buf)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, buf[:n]...)
	}
	return string(all[:len(all)-1])
}

func TestTransientLineNeverMixes(t *testing.T) {
	const erased = "\r\x1b[K"
	for _, c := range []struct {
		name string
		f    func(con *console, out *stream)
		want string
	}{
		{"output erases it", func(con *console, out *stream) {
			con.paint("P")
			out.Write([]byte("a\n"))
			con.paint("Q")
			con.clear()
		}, "\rP\x1b[K" + erased + "a\n" + "\rQ\x1b[K" + erased},
		{"not in the middle of a line", func(con *console, out *stream) {
			out.Write([]byte("half"))
			con.paint("P")
			out.Write([]byte(" a line\n"))
			con.paint("Q")
		}, "half a line\n\rQ\x1b[K"},
		{"a message begins a line", func(con *console, out *stream) {
			out.Write([]byte("half"))
			con.say("m\nn")
			con.paint("P")
			con.say("o")
		}, "half\npmap: m\npmap: n\n\rP\x1b[K" + erased + "pmap: o\n"},
		{"clear twice", func(con *console, out *stream) {
			con.paint("P")
			con.clear()
			con.clear()
		}, "\rP\x1b[K" + erased},
		{"nothing in the background", func(con *console, out *stream) {
			con.ours = func() bool { return false }
			con.paint("P")
			out.Write([]byte("a\n"))
		}, "a\n"},
		{"quiet", func(con *console, out *stream) {
			con.quiet = true
			con.say("m")
			con.sayError("e", "h")
		}, "pmap: e\npmap: hint: h\n"},
	} {
		if got := transcript(t, c.f); got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"abc", 10, "abc"}, {"abcdef", 3, "abc"}, {"a\x1b[2Jb\nc\td", 20, "a?[2Jb?c?d"},
		{"\xff\xfe", 9, "??"}, {"日本語", 5, "日本"}, {"\u202egnp", 9, "?gnp"}, {"x", 0, ""},
	} {
		if got := fit(c.text, c.width); got != c.want {
			t.Errorf("fit(%q, %d) = %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// Somebody else may have made the descriptor non-blocking: all is written all
// the same.
func TestWriteAllWaits(t *testing.T) {
	p := makePipe(t)
	if err := unix.SetNonblock(p.w, true); err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("0123456789abcdef"), 32<<10)
	read := make(chan []byte)
	go func() {
		got := make([]byte, 0, len(want))
		for len(got) < len(want) {
			n, err := unix.Read(p.r, got[len(got):cap(got)])
			if n <= 0 || err != nil {
				break
			}
			got = got[:len(got)+n]
		}
		read <- got
	}()
	if n, err := ipc.WriteAll(p.w, want); n != len(want) || err != nil {
		t.Errorf("WriteAll = %d, %v", n, err)
	}
	if !bytes.Equal(<-read, want) {
		t.Error("what arrived is not what was written")
	}
}

func TestWriteAllReportsEPIPE(t *testing.T) {
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(p[1])
	defer unix.Close(p[1])
	unix.Close(p[0])
	if n, err := (&stream{fd: p[1]}).Write([]byte("x")); n != 0 || err != unix.EPIPE {
		t.Errorf("Write = %d, %v; want EPIPE itself", n, err)
	}
}

func TestStreams(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	p, q := makePipe(t), makePipe(t)
	tty := int(slave.Fd())
	for _, c := range []struct {
		name           string
		stdout, stderr int
		shared, isTTY  bool
	}{
		{"one terminal", tty, tty, true, true},
		{"stdout to a pipe", p.w, tty, false, true},
		{"both to one pipe", p.w, p.w, true, false},
		{"two pipes", p.w, q.w, false, false},
	} {
		con := newConsole("pmap", c.stderr, false)
		out, errs := con.streams(c.stdout)
		if con.tty != c.isTTY || (out.con == con) != c.shared || errs.con != con {
			t.Errorf("%s: terminal %v, shared %v", c.name, con.tty, out.con == con)
		}
	}
	if w := newConsole("pmap", p.w, false).width(); w != 80 {
		t.Errorf("width without a terminal is %d", w)
	}
}

func TestPrefixed(t *testing.T) {
	if got := prefixed("pmap: ", "a\nb\n"); got != "pmap: a\npmap: b\n" {
		t.Error(strings.TrimSpace(got))
	}
}

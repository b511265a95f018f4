package cmd

import (
	"regexp"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
	"golang.org/x/sys/unix"

	"pmap/ipc"
)

// A console owns pmap's stderr, and its stdout too where both are the same
// terminal. It keeps three kinds of writing apart: the jobs' output, which
// passes through unchanged; pmap's own lines; and one transient line that
// says how the run goes. The transient line is painted only where the cursor
// stands at the left margin, and it is erased before anything else is
// written. Painting it again is the painter's business: output waits for no
// repaint.
type console struct {
	name  string // of pmap, as it was called
	fd    int
	tty   bool
	quiet bool
	ours  func() bool // pmap is in the terminal's foreground

	mu      sync.Mutex // held while writing, so for as long as a terminal is stopped
	midLine bool       // something other than a newline was written last
	painted bool
}

func newConsole(name string, stderr int, quiet bool) *console {
	return &console{name: name, fd: stderr, tty: isTerminal(stderr), quiet: quiet,
		ours: func() bool { return foreground(stderr) }}
}

func isTerminal(fd int) bool { return isatty.IsTerminal(uintptr(fd)) }

// A stream passes job output on to a file descriptor.
type stream struct {
	fd  int
	con *console // nil where the console has nothing to do with fd
}

// streams are what a pool writes job output to.
func (c *console) streams(stdout int) (out, err *stream) {
	out, err = &stream{fd: stdout}, &stream{fd: c.fd, con: c}
	if c.tty && isTerminal(stdout) || sameFile(stdout, c.fd) {
		out.con = c
	}
	return out, err
}

// Write writes all of p or fails. It is EPIPE, as it is, where nobody reads
// any more.
func (s *stream) Write(p []byte) (int, error) {
	if s.con == nil {
		return ipc.WriteAll(s.fd, p)
	}
	s.con.mu.Lock()
	defer s.con.mu.Unlock()
	s.con.erase()
	n, err := ipc.WriteAll(s.fd, p)
	if n > 0 {
		s.con.midLine = p[n-1] != '\n'
	}
	return n, err
}

// say prints one of pmap's own messages, each line with the prefix.
func (c *console) say(text string) {
	if !c.quiet {
		c.print(prefixed(c.name+": ", text))
	}
}

// sayError prints an error and what to do about it.
func (c *console) sayError(text, hint string) {
	lines := prefixed(c.name+": ", c.called(text))
	if hint != "" {
		lines += prefixed(c.name+": hint: ", c.called(hint))
	}
	c.print(lines)
}

// called has the command lines that are to be typed begin with the name that
// pmap was called by. Elsewhere in a message the word may be the user's.
func (c *console) called(text string) string {
	if c.name == "pmap" {
		return text
	}
	commandLines := regexp.MustCompile(`(^|\n|: )pmap `)
	return commandLines.ReplaceAllString(text, "${1}"+strings.ReplaceAll(c.name, "$", "$$")+" ")
}

func prefixed(prefix, text string) string {
	text = strings.TrimSuffix(text, "\n")
	return prefix + strings.ReplaceAll(text, "\n", "\n"+prefix) + "\n"
}

// print writes whole lines. On a terminal they never continue a job's line.
func (c *console) print(lines string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	if c.tty && c.midLine {
		lines = "\n" + lines
	}
	ipc.WriteAll(c.fd, []byte(lines))
	c.midLine = false
}

// paint shows the transient line, or doesn't where it would get in the way.
func (c *console) paint(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.midLine || !c.ours() {
		return
	}
	ipc.WriteAll(c.fd, []byte("\r"+fit(line, c.width()-1)+"\x1b[K"))
	c.painted = true
}

// erase takes the transient line away. c.mu is held.
func (c *console) erase() {
	if c.painted {
		ipc.WriteAll(c.fd, []byte("\r\x1b[K"))
		c.painted = false
	}
}

// clear erases the transient line for good. It gives up where a write to the
// terminal never returned: pmap is to end then, not to wait.
func (c *console) clear() {
	if c.mu.TryLock() {
		defer c.mu.Unlock()
		c.erase()
	}
}

// width is the terminal's, which may change while pmap runs.
func (c *console) width() int {
	ws, err := unix.IoctlGetWinsize(c.fd, unix.TIOCGWINSZ)
	if err != nil || ws.Col < 20 {
		return 80
	}
	return int(ws.Col)
}

// fit makes text one line of at most width columns. What a terminal could
// take for a command is shown as a question mark.
func fit(text string, width int) string {
	var b strings.Builder
	for _, r := range text {
		cols := 1
		switch {
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\ufffd' || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e:
			r = '?'
		case r >= 0x1100:
			cols = 2 // or one: a line that is too short does no harm
		}
		if width -= cols; width < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// foreground reports whether pmap may write to its terminal without being
// stopped or disturbing another command.
func foreground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// sameFile reports whether two descriptors are the same file, so that what is
// written to them ends up in one place.
func sameFile(a, b int) bool {
	var sa, sb unix.Stat_t
	if unix.Fstat(a, &sa) != nil || unix.Fstat(b, &sb) != nil {
		return false
	}
	return sameInode(&sa, &sb)
}

func sameInode(a, b *unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// isPipe reports whether fd is a pipe or FIFO.
func isPipe(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}

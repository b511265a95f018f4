package warm

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/startmode"
	"pmap/testdata/leaktest"
)

func TestMain(m *testing.M) {
	for fd := 3; fd < 10; fd++ {
		unix.CloseOnExec(fd) // what the tests were given, such as a jobserver's pipe
	}
	os.Exit(leaktest.Run(m))
}

// A bench is a server under test. The goroutine of its test is locked to its
// thread, with which the interpreter would die.
type bench struct {
	t      *testing.T
	s      *Server
	script string
	lead   []string
	env    startmode.Strings
	null   int
	stderr *os.File
}

// serve prepares an interpreter.
func serve(t *testing.T, program string, lang Interpreter, lead []string) *bench {
	t.Helper()
	b := newBench(t, program, lang, lead)
	if err := b.prepare(); err != nil {
		t.Fatal(err)
	}
	return b
}

func newBench(t *testing.T, program string, lang Interpreter, lead []string) *bench {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, lead: lead, null: null, stderr: stderr}
	b.s = NewServer(Config{
		Interpreter: lang, Path: startmode.MakePath(path),
		Starter: startmode.NewFork(startmode.ForkOptions{}),
		Own:     [3]bool{false, true, true}, Files: [3]int{null, int(stderr.Fd()), int(stderr.Fd())},
	})
	for _, pair := range os.Environ() {
		b.env.AppendString(pair)
	}
	t.Cleanup(func() {
		if err := b.s.Close(); err != nil {
			t.Error(err)
		}
		unix.Close(null)
		stderr.Close()
	})
	return b
}

func (b *bench) prepare() error {
	return b.s.Prepare(&startmode.Spec{Env: &b.env, Files: [3]int{-1, -1, -1}, Group: true})
}

// started is an item that runs, and the ends of its pipes.
type started struct {
	pid      int
	out, err int
}

// start runs an item, as the pool does.
func (b *bench) start(words ...string) started {
	b.t.Helper()
	var p started
	var argv startmode.Strings
	for _, w := range append(b.lead, words...) {
		argv.AppendString(w)
	}
	env := b.env.Clone()
	env.AppendString("PMAP_SEQ=7")
	env.AppendString("PMAP_TRY=2")
	var w [2]int
	for i, r := range []*int{&p.out, &p.err} {
		var err error
		if *r, w[i], err = ipc.Pipe(); err != nil {
			b.t.Fatal(err)
		}
	}
	var err error
	p.pid, err = b.s.Start(&startmode.Spec{Argv: &argv, Env: &env, Files: [3]int{b.null, w[0], w[1]}, Group: true})
	if err != nil {
		b.t.Fatal(err)
	}
	unix.Close(w[0])
	unix.Close(w[1])
	return p
}

// finish reads all that the item writes and waits for its end.
func (b *bench) finish(p started) (stdout, stderr string, ws unix.WaitStatus, err error) {
	b.t.Helper()
	outs, errs := make(chan string, 1), make(chan string, 1)
	go func() { outs <- readAll(p.out) }()
	go func() { errs <- readAll(p.err) }()
	_, err = b.s.Wait(p.pid, 0, &ws, nil)
	return <-outs, <-errs, ws, err
}

// run runs an item to its end.
func (b *bench) run(words ...string) (stdout, stderr string, ws unix.WaitStatus) {
	b.t.Helper()
	stdout, stderr, ws, err := b.finish(b.start(words...))
	if err != nil {
		b.t.Fatal(err)
	}
	return stdout, stderr, ws
}

func readAll(fd int) string {
	f := os.NewFile(uintptr(fd), "pipe")
	defer f.Close()
	var text strings.Builder
	buf := make([]byte, 64<<10)
	for {
		n, err := f.Read(buf)
		text.Write(buf[:n])
		if err != nil {
			return text.String()
		}
	}
}

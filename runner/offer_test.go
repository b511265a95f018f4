package runner

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/ipc"
	"pmap/startmode"
)

// An opener is a parent whose processes open the slot's pipes by their names, as
// those of an interpreter do. They take their time for it.
type opener struct {
	startmode.Parent
	names    *[2]string
	prepared func()
}

func (o opener) Prepare(spec *startmode.Spec) error {
	o.prepared()
	for i := range o.names {
		o.names[i] = fmt.Sprintf("/proc/%d/fd/%d", unix.Getpid(), spec.Files[1+i])
	}
	return nil
}

func (opener) Prompt() bool { return false }

func (o opener) Start(spec *startmode.Spec) (pid int, err error) {
	var argv startmode.Strings
	for _, word := range []string{"sh", "-c", `sleep 0.01; out=$1 err=$2; shift 2; exec "$@" >$out 2>$err`, "sh", o.names[0], o.names[1]} {
		argv.AppendString(word)
	}
	for i := range spec.Argv.Len() {
		argv.AppendString(string(spec.Argv.At(i)))
	}
	own := *spec
	own.Path, own.Argv = startmode.MakePath("/bin/sh"), &argv
	return o.Parent.Start(&own)
}

// opening makes the run one of such parents, each of which calls prepared.
func (r *testRun) opening(t *testing.T, prepared func()) {
	t.Helper()
	r.withTable(t)
	r.cfg.Prepare = true
	r.cfg.Parent = func(int) (startmode.Parent, error) {
		return opener{startmode.NewOwn(r.cfg.Starter), new([2]string), prepared}, nil
	}
}

// TestOfferedPipes holds that all is read of what processes write into pipes that
// they open themselves, whether pmap can open these too while a process runs or
// has no fd for that.
func TestOfferedPipes(t *testing.T) {
	const script = `echo {}; sleep 0.0{}; echo err {} >&2; head -c 50000 /dev/zero; sleep 0.0{}; echo end {}`
	var want strings.Builder
	for _, n := range numbers(9) {
		fmt.Fprintf(&want, "%s\n%send %s\n", n, strings.Repeat("\x00", 50000), n)
	}
	for _, refused := range []bool{false, true} {
		r := newRun(t, numbers(9), script)
		var p *Pool
		r.opening(t, func() {
			if refused { // no name is known in what is no folder
				ipc.Replace(p.ends, r.cfg.Jobs.Stdin)
			}
		})
		var err error
		if p, err = New(r.cfg); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(); err != nil {
			t.Fatal(err)
		}
		if r.out.String() != want.String() || strings.Count(r.err.String(), "err ") != 9 {
			t.Errorf("refused %v: %d bytes, not %d; stderr %q", refused, len(r.out.String()), want.Len(), r.err.String())
		}
	}
}

// TestHeldPipeIsRenewed holds that a process which is left in the background gets
// nothing into the output of the slot's next jobs, which open the pipe that came
// in the place of the one that it holds.
func TestHeldPipeIsRenewed(t *testing.T) {
	pidFile := t.TempDir() + "/pid"
	r := newRun(t, numbers(3), `test {} != 1 || { (while echo late; do sleep 0.01; done) & echo $! >`+pidFile+`; }; echo now {}; sleep 0.05`)
	r.cfg.Jobs.Slots = 1
	r.opening(t, func() {})
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	p.hold.total = 0
	if _, err := p.Run(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(r.out.String(), "\n"), "\n")
	if n := len(lines); n < 3 || lines[n-2] != "now 2" || lines[n-1] != "now 3" {
		t.Errorf("%q", lines)
	}
	killPidFile(t, pidFile)
}

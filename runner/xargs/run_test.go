package xargs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pmap/chunker"
	"pmap/startmode"
)

// fixture is a configuration that runs sh over an input.
func fixture(t *testing.T, input, script string, procs int) Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(path, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := chunker.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(null) })
	b, err := NewBuilder(BuilderConfig{
		Words:   chunker.NewWords(in, chunker.WordOptions{}, nil),
		Command: []string{"/bin/sh", "-c", script, "sh"},
		Limits:  Limits{Bytes: 4096, Words: 1000, Items: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Builder: b, Starter: startmode.NewFork(startmode.ForkOptions{}), Environ: os.Environ(),
		Files: [3]int{null, null, null}, Procs: procs, Most: func() int { return 8 },
	}
}

// processes are the children of this one, zombies included.
func processes(t *testing.T) (pids []string) {
	t.Helper()
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, name := range lists {
		b, _ := os.ReadFile(name)
		pids = append(pids, strings.Fields(string(b))...)
	}
	return pids
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for _, procs := range []int{0, 1, 3} {
		cfg := fixture(t, "1 2 3 4 5 6 7 8 9", "echo $1 >>"+dir+"/$0.$1; echo $SLOT >"+dir+"/slot.$1", procs)
		cfg.SlotVar = "SLOT"
		if r := New(cfg).Run(); r.Failed || r.Stop != nil {
			t.Errorf("-P%d: %+v", procs, r)
		}
		files, _ := filepath.Glob(dir + "/sh.*")
		if len(files) != 9 {
			t.Errorf("-P%d: %d jobs ran", procs, len(files))
		}
		slot, _ := os.ReadFile(dir + "/slot.1")
		if want := "0\n"; procs == 1 && string(slot) != want {
			t.Errorf("slot %q", slot)
		}
		for _, f := range files {
			os.Remove(f)
		}
	}
	if left := processes(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRunStops(t *testing.T) {
	for _, procs := range []int{1, 3} {
		r := New(fixture(t, "0 3 255 0", "exit $1", procs)).Run()
		var stop *StopError
		if !r.Failed || !errors.As(r.Stop, &stop) || stop.Error() != "/bin/sh: exited with status 255; aborting" {
			t.Errorf("-P%d: %+v", procs, r)
		}
		r = New(fixture(t, "TERM", "kill -$1 $$", procs)).Run()
		if r.Failed || !errors.As(r.Stop, &stop) || stop.Status.Signal() != unix.SIGTERM {
			t.Errorf("-P%d: %+v", procs, r)
		}
		cfg := fixture(t, "a b c", "", procs)
		cfg.Builder.Command[0] = "/nosuch"
		if r := New(cfg).Run(); !errors.Is(r.Stop, unix.ENOENT) {
			t.Errorf("-P%d: %+v", procs, r)
		}
		r = New(fixture(t, "0 0 'x", "exit $1", procs)).Run()
		var quote *chunker.QuoteError
		if !errors.As(r.Stop, &quote) {
			t.Errorf("-P%d: %+v", procs, r)
		}
	}
	if left := processes(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A refusing Starter refuses the next starts for now.
type refusing struct {
	startmode.Starter
	times int
}

func (f *refusing) Start(spec *startmode.Spec) (int, error) {
	if f.times--; f.times >= 0 {
		return 0, &startmode.StartError{Op: "fork", Err: unix.EAGAIN}
	}
	return f.Starter.Start(spec)
}

// A start that is refused while no process runs is tried once more: the last one
// may have ended between the two.
func TestRefused(t *testing.T) {
	for times, want := range []error{nil, nil, unix.EAGAIN} {
		cfg := fixture(t, "1", "", 3)
		cfg.Starter = &refusing{cfg.Starter, times}
		if r := New(cfg).Run(); !errors.Is(r.Stop, want) {
			t.Errorf("%d times: %+v", times, r)
		}
	}
}

// Interrupt ends what runs and lets nothing follow.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	cfg := fixture(t, "1 2 3 4 5", "trap 'exit 7' TERM; echo >"+dir+"/$1; while :; do sleep 0.02; done", 2)
	run := New(cfg)
	go func() {
		for {
			if files, _ := filepath.Glob(dir + "/?"); len(files) == 2 {
				break
			}
		}
		run.Interrupt(unix.SIGTERM)
	}()
	r := run.Run()
	files, _ := filepath.Glob(dir + "/?")
	if r.Stop != chunker.ErrInterrupted || len(files) != 2 {
		t.Errorf("%+v, %d jobs", r, len(files))
	}
}

// Before sees the commands in their order, and can leave some out.
func TestBefore(t *testing.T) {
	cfg := fixture(t, "1 2 3 4", "exit 1", 3)
	var seen []string
	cfg.Before = func(argv *startmode.Strings) (bool, error) {
		seen = append(seen, string(argv.At(argv.Len()-1)))
		return false, nil
	}
	if r := New(cfg).Run(); r.Failed || r.Stop != nil || !slices.Equal(seen, []string{"1", "2", "3", "4"}) {
		t.Errorf("%+v, %q", r, seen)
	}
}

func TestPieces(t *testing.T) {
	const system = 300
	var p pieces
	for limit, tries := 1000, 0; tries < 20; tries++ {
		if limit <= system {
			limit = p.took(limit)
		} else {
			limit = p.shrink(limit, 5)
		}
	}
	if p.taken != system || p.refused != system+1 {
		t.Errorf("%+v, and the system takes %d", p, system)
	}
	if got := (&pieces{}).shrink(8, 5); got != 5 {
		t.Errorf("%d is tried, and no fewer than 5 can be", got)
	}
}

func TestMakeRoom(t *testing.T) {
	r, err := MakeRoom([]string{"A=b", "C="}, 10000)
	if want := (Room{Environ: 7, Most: 10000 - 7 - 2048, Words: 7945/8 - 2}); err != nil || r != want {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := MakeRoom([]string{fmt.Sprintf("A=%08000d", 1)}, 10000); !errors.Is(err, ErrNoRoom) {
		t.Error(err)
	}
}

package runner

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOutputKeepsMode holds that a file that is replaced keeps its mode.
func TestOutputKeepsMode(t *testing.T) {
	name := filepath.Join(t.TempDir(), "private")
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRun(t, []string{name}, "echo", "new", "{}")
	r.cfg.Jobs.StdoutTo = word(t, "{}")
	r.run(t)
	st, err := os.Stat(name)
	if err != nil || st.Mode().Perm() != 0o600 || st.Size() == 3 {
		t.Errorf("%v, %v", st, err)
	}
}

// TestOutputThroughLinks holds that --stdout writes where the shell's > would:
// through links, whether what they lead to exists or not.
func TestOutputThroughLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"a": "sub/there", "b": "a", "c": dir + "/sub/absolute"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for link, want := range map[string]string{"a": "sub/there", "b": "sub/there", "c": "sub/absolute", "d": "d"} {
		r := newRun(t, []string{link}, "echo", "{}")
		r.cfg.Jobs.StdoutTo = word(t, dir+"/{}")
		r.run(t)
		if got, _ := os.ReadFile(filepath.Join(dir, want)); string(got) != link+"\n" {
			t.Errorf("%s: %s holds %q", link, want, got)
		}
		if st, err := os.Lstat(filepath.Join(dir, "a")); err != nil || st.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s: the link was replaced", link)
		}
	}
}

// TestFIFO holds that a job can read and write fifos, and that one whose other
// end nobody opens holds up neither its timeout nor the end of the run.
func TestFIFO(t *testing.T) {
	dir := t.TempDir()
	in, out := dir+"/in", dir+"/out"
	for _, name := range []string{in, out} {
		if err := unix.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	alone := func() *testRun {
		r := newRun(t, []string{in}, "cat")
		r.cfg.Jobs.StdinFrom = word(t, "{}")
		return r
	}

	r := alone()
	r.cfg.Jobs.Timeout.Fixed = 50 * time.Millisecond
	if sum := r.run(t); sum.ByStatus["timeout"] != 1 {
		t.Errorf("timeout: %+v", sum)
	}

	r = alone()
	p, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for p.Progress().Running == 0 {
			time.Sleep(time.Millisecond)
		}
		p.Interrupt(unix.SIGTERM)
	}()
	if sum, err := p.Run(); err != nil || len(sum.Unfinished) != 1 || r.failed.String() != in+"\n" {
		t.Errorf("interrupt: %+v, %v, failed to: %q", sum, err, r.failed.String())
	}

	read := make(chan string)
	go func() {
		os.WriteFile(in, []byte("through\n"), 0o600)
		b, _ := os.ReadFile(out)
		read <- string(b)
	}()
	r = newRun(t, []string{dir}, "sh", "-c", "cat; : $0", "{}")
	r.cfg.Jobs.StdinFrom, r.cfg.Jobs.StdoutTo = word(t, "{}/in"), word(t, "{}/out")
	if sum := r.run(t); sum.Failed != 0 {
		t.Errorf("fifos: %+v", sum)
	}
	if got := <-read; got != "through\n" {
		t.Errorf("read %q", got)
	}
}

package runner

import (
	"os"
	"path/filepath"
	"testing"
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

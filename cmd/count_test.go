package cmd

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCountItems(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in")
	for _, c := range []struct {
		text string
		from int64
		want int64
	}{
		{"", 0, 0}, {"a\n", 0, 1}, {"a\nb", 0, 2}, {"\n\n\n", 0, 3}, {"a\nb\nc\n", 2, 2}, {"a\n", 2, 0},
		{strings.Repeat("x\n", countBuffer) + "y", 0, countBuffer + 1},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		f.Seek(c.from, io.SeekStart)
		var o inputOptions
		file := o.countable(only(standardInput), int(f.Fd()))
		if file == nil {
			t.Fatal("a regular file can't be counted")
		}
		if got := file.count(make(chan struct{})); got != c.want {
			t.Errorf("%.20q from %d: %d items, want %d", c.text, c.from, got, c.want)
		}
		if at, _ := f.Seek(0, io.SeekCurrent); at != c.from {
			t.Errorf("counting moved the offset from %d to %d", c.from, at)
		}
		f.Close()
	}
	var byName inputOptions
	if got := byName.countable(only(path), -1).count(make(chan struct{})); got != countBuffer+1 {
		t.Errorf("%d items by name", got)
	}
	stopped := make(chan struct{})
	close(stopped)
	if got := byName.countable(only(path), -1).count(stopped); got != -1 {
		t.Errorf("%d items although it was to stop", got)
	}
}

func TestWhatIsNotCounted(t *testing.T) {
	p := makePipe(t)
	path := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(path, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		words *commandLine
		o     inputOptions
	}{
		"a pipe":            {only(standardInput), inputOptions{}},
		"blank ones":        {only(path), inputOptions{skipBlank: true}},
		"an end":            {only(path), inputOptions{endMark: "x"}},
		"a long delimiter":  {only(path), inputOptions{delimiter: delimiterValue("--")}},
		"CSV":               {only(path), inputOptions{columns: columnOptions{csv: true}}},
		"a device":          {only(nullFile), inputOptions{}},
		"what is not there": {only(path + "x"), inputOptions{}},
		"several":           {&commandLine{sources: []source{{file: path}, {file: path}}}, inputOptions{}},
		"values":            {only(""), inputOptions{}},
	} {
		if c.o.countable(c.words, p.r) != nil {
			t.Errorf("%s would be counted", name)
		}
	}
}

// only is a command line with one source.
func only(file string) *commandLine { return &commandLine{sources: []source{{file: file}}} }

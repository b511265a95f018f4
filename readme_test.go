package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An example is a block of README.md: commands, each with what it prints on
// stdout and stderr together.
type example struct {
	title string
	steps []step
}

type step struct{ command, output string }

// examples are the console blocks of a Markdown text. In them a line that
// begins with "$ " is a command, and what follows is its output.
func examples(t *testing.T, text string) []example {
	var found []example
	var title string
	inside := false
	for line := range strings.Lines(text) {
		switch {
		case line == "```console\n":
			found = append(found, example{title: title})
			inside = true
		case line == "```\n":
			inside = false
		case strings.HasPrefix(line, "**"):
			title, _, _ = strings.Cut(strings.TrimPrefix(line, "**"), "**")
		case inside:
			e := &found[len(found)-1]
			e.add(t, line)
		}
	}
	return found
}

func (e *example) add(t *testing.T, line string) {
	if command, ok := strings.CutPrefix(line, "$ "); ok {
		e.steps = append(e.steps, step{command: command})
		return
	}
	if len(e.steps) == 0 {
		t.Fatalf("%s: output before the first command: %q", e.title, line)
	}
	e.steps[len(e.steps)-1].output += line
}

// TestReadmeExamples runs the examples as a reader would, each in a copy of
// the folder that the README names.
func TestReadmeExamples(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	all := examples(t, string(text))
	if len(all) != 7+4 {
		t.Errorf("the README has %d examples, not seven and four", len(all))
	}
	for _, e := range all {
		t.Run(e.title, func(t *testing.T) {
			t.Parallel()
			e.run(t, "testdata/demo")
		})
	}
}

func (e *example) run(t *testing.T, from string) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, s := range e.steps {
		if got := s.run(dir); got != s.output {
			t.Errorf("%sprints\n%sand the README has\n%s", s.command, got, s.output)
		}
	}
}

// run returns what the step's command prints. An exit status other than 0 may
// be what the example is about.
func (s *step) run(dir string) string {
	cmd := exec.Command("sh", "-c", s.command)
	cmd.Dir = dir
	cmd.Env = append(readerEnvironment(), "PATH="+binDir()+string(os.PathListSeparator)+os.Getenv("PATH"), "LC_ALL=C")
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// readerEnvironment is the environment without what would change pmap's ways.
func readerEnvironment() []string {
	var kept []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "PMAP_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// TestReadmeNamesTheCommands holds what the README tells to run against the
// Makefile.
func TestReadmeNamesTheCommands(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(readme), "\n") {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "    make ") {
			continue
		}
		if target := words[1]; !strings.Contains(string(makefile), "\n"+target+":") {
			t.Errorf("%q: the Makefile has no such target", strings.TrimSpace(line))
		}
		for _, word := range words[2:] {
			if name, _, ok := strings.Cut(word, "="); ok && !strings.Contains(string(makefile), "$("+name+")") {
				t.Errorf("%q: the Makefile has no such variable", strings.TrimSpace(line))
			}
		}
	}
}

// TestInstallUnderAnotherName holds that BINARY= names everything that is
// installed, and that the shells at hand can read the completions. It installs
// the program under test.
func TestInstallUnderAnotherName(t *testing.T) {
	prefix := t.TempDir()
	install := exec.Command("make", "install", "--old-file=pmap", "PREFIX="+prefix, "DESTDIR=", "BINARY=pm")
	install.Dir = releaseTree(t)
	install.Env = append(os.Environ(), "MAKEFLAGS=") // not those of a make around the test
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"bin/pm", "share/man/man1/pm.1"} {
		if st, err := os.Stat(filepath.Join(prefix, name)); err != nil || st.Size() == 0 {
			t.Errorf("%s: missing or empty (%v)", name, err)
		}
	}
	for shell, script := range map[string]string{
		"bash": "share/bash-completion/completions/pm",
		"zsh":  "share/zsh/site-functions/_pm",
		"fish": "share/fish/vendor_completions.d/pm.fish",
	} {
		t.Run(shell, func(t *testing.T) { checkCompletion(t, shell, filepath.Join(prefix, script)) })
	}
}

// releaseTree is a folder with what make install needs, the program included.
func releaseTree(t *testing.T) string {
	dir := t.TempDir()
	for _, name := range []string{"Makefile", "man", filepath.Join(binDir(), "pmap")} {
		path, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, filepath.Base(name))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func checkCompletion(t *testing.T, shell, script string) {
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "__pm_debug") {
		t.Error("it isn't for the installed name")
	}
	path, err := exec.LookPath(shell)
	if err != nil {
		t.Skip("there is no", shell, "here to read its completions")
	}
	if out, err := exec.Command(path, "-n", script).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%s -n: %v\n%s", shell, err, out)
	}
}

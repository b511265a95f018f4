package template

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pmap/startmode"
	"pmap/testdata/leaktest"
)

func TestMain(m *testing.M) {
	os.Exit(leaktest.Run(m))
}

// words compiles words under the oracle's environment.
func words(list ...string) Config { return Config{Words: list, Environ: environ()} }

// under is words for one script in another shell.
func under(shell, script string) Config {
	return Config{Words: []string{script}, Shell: strings.Fields(shell), Environ: environ()}
}

func mustCompile(t *testing.T, cfg Config) *Template {
	t.Helper()
	tm, err := Compile(cfg)
	if err != nil {
		t.Fatalf("cannot compile %q: %v", cfg.Words, err)
	}
	return tm
}

// render returns the argv that the template lays out for an item.
func render(t *testing.T, tm *Template, item string) []string {
	t.Helper()
	var argv startmode.Strings
	argv.AppendString("left over")
	if err := tm.Render(&argv, newJob(item)); err != nil {
		t.Fatalf("cannot render for %q: %v", item, err)
	}
	return argv.Slice()
}

// usage compiles what must be refused and returns the message and hint.
func usage(t *testing.T, cfg Config) string {
	t.Helper()
	_, err := Compile(cfg)
	var u *UsageError
	if !errors.As(err, &u) {
		t.Fatalf("%q: got error %v, want a usage error", cfg.Words, err)
	}
	return u.Msg + "\n" + u.Hint
}

// wantAll checks that text holds every one of the parts.
func wantAll(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("got\n%s\nwant it to hold %q", text, p)
		}
	}
}

// tool makes an executable file and returns its directory.
func tool(t *testing.T, name string, mode os.FileMode) (dir string) {
	t.Helper()
	dir = t.TempDir()
	writeTool(t, dir, name, mode)
	return dir
}

func writeTool(t testing.TB, dir, name string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), mode); err != nil {
		t.Fatal(err)
	}
}

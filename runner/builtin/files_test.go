package builtin

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// fileWorkers are the workers whose items name files, which do what the tools
// of their names do.
var fileWorkers = []string{"md5sum", "sha1sum", "sha256sum", "sha512sum", "wc"}

// oddNames are names of files that tools escape, quote or could take for
// something else.
var oddNames = []string{
	"plain", "with space", `back\slash`, "new\nline", "return\rhere", "tab\there", "quote's", `double"quote`, `both'"`,
	"dollar$x", "`tick`", "star*", "quest?", "[x]", "{x}", "{", "}", "~tilde", "a~b", "#hash", "a#b", "-dash", "--help", "é", "\xff\xfe",
	"bell\a", "\x7f", "semi;colon", "amp&", "pipe|", "a=b", "a,b", "a:b", "%41", "!bang", "(paren)", "<less>", "'", "''", `\`, `\n`, "ends with ", " begins with",
	"\n", "a'\nb", "nonascii é and 'quote'", "\x01", "^caret", "a^b", "it's:x", ":", "a:\nb",
}

// oddTexts are what stands in files.
func oddTexts() map[string][]byte {
	return map[string][]byte{
		"empty": nil, "no end": []byte("one two"), "binary": everyByte(), "blanks": []byte(" \t\n\v\f\r a\u00a0b \n\n"),
		"nul": []byte("a\x00b \x00 c\n"), "controls": []byte("\x01 \x02\n\x7f x\x80 \x81y\n"), "utf-8": []byte("é ü\n \xe2\x80\x83 x\n"),
		"large": bytes.Repeat([]byte("some words in a line\n"), 3*fileBuffer/20), "one long line": bytes.Repeat([]byte("x"), 2*fileBuffer+1),
		"on the edge": append(bytes.Repeat([]byte(" "), fileBuffer-1), "word and more"...),
	}
}

// tool is what the tool of that name does with a file, in the C locale.
func tool(t *testing.T, dir, name, file string) (out, err string, status int) {
	t.Helper()
	cmd := exec.Command(name, "--", file)
	var stdout, stderr strings.Builder
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}, &stdout, &stderr
	var exit *exec.ExitError
	if e := cmd.Run(); e != nil && !errors.As(e, &exit) {
		t.Skip("no coreutils: ", e)
	}
	return stdout.String(), strings.ReplaceAll(stderr.String(), cmd.Path+": ", name+": "), cmd.ProcessState.ExitCode()
}

// sameAsTool holds a worker against the tool of its name, in a directory.
func sameAsTool(t *testing.T, dir, name, file string) {
	t.Helper()
	out, msg, status := tool(t, dir, name, file)
	f, err := New([]string{name}, []byte("\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := Result{Out: []byte("kept"), Err: []byte("kept")}
	got := f([]byte(file), &r)
	type said struct {
		Out, Err string
		Status   int
	}
	if diff := cmp.Diff(said{"kept" + out, "kept" + msg, status}, said{string(r.Out), string(r.Err), got}); diff != "" {
		t.Errorf("%s %q: -tool +worker:\n%s", name, file, diff)
	}
}

// needCoreutils skips where the tools aren't those of GNU.
func needCoreutils(t *testing.T) {
	t.Helper()
	if v, err := exec.Command("sha256sum", "--version").Output(); err != nil || !bytes.Contains(v, []byte("GNU coreutils")) {
		t.Skip("no GNU coreutils")
	}
}

func TestTextsAreTheTools(t *testing.T) {
	needCoreutils(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range oddTexts() {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, w := range fileWorkers {
			sameAsTool(t, dir, w, name)
		}
	}
}

func TestNamesAreTheTools(t *testing.T) {
	needCoreutils(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range oddNames {
		if err := os.WriteFile(name, []byte("x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, w := range fileWorkers {
			sameAsTool(t, dir, w, name)
		}
	}
}

// TestErrorsAreTheTools is about files that can't be read.
func TestErrorsAreTheTools(t *testing.T) {
	needCoreutils(t)
	dir := t.TempDir()
	t.Chdir(dir)
	os.Mkdir("directory", 0o700)
	os.Mkdir("odd 'directory'", 0o700)
	os.Symlink("loop", "loop")
	os.WriteFile("file", nil, 0o600)
	os.WriteFile("secret", nil, 0)
	files := []string{"directory", "odd 'directory'", "loop", "file/below", "secret", strings.Repeat("x", 300), "-", ""}
	for _, name := range oddNames {
		files = append(files, "missing "+name, filepath.Join("missing", name))
	}
	for _, file := range files {
		for _, w := range fileWorkers {
			if file == "" && w == "wc" {
				continue // which has a message of its own for it
			}
			sameAsTool(t, dir, w, file)
		}
	}
}

// TestFIFO holds that a file is read to its end, however it comes.
func TestFIFO(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer f.Close()
		for range 3 {
			f.Write(bytes.Repeat([]byte("a word\n"), 1000))
		}
	}()
	f, err := New([]string{"wc"}, []byte("\n"))
	if err != nil {
		t.Fatal(err)
	}
	var r Result
	if status := f([]byte(name), &r); status != 0 || strings.Join(strings.Fields(string(r.Out))[:3], " ") != "3000 6000 21000" {
		t.Errorf("%d, %s%s", status, r.Out, r.Err)
	}
}

// TestChecksumsCheck holds that the tools' --check takes what the workers say,
// whatever the names.
func TestChecksumsCheck(t *testing.T) {
	needCoreutils(t)
	t.Chdir(t.TempDir())
	for _, w := range fileWorkers[:4] {
		f, err := New([]string{w}, []byte("\n"))
		if err != nil {
			t.Fatal(err)
		}
		var r Result
		for _, name := range oddNames {
			os.WriteFile(name, []byte(name), 0o600)
			f([]byte(name), &r)
		}
		cmd := exec.Command(w, "--check", "--strict", "--quiet")
		cmd.Stdin = bytes.NewReader(r.Out)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", w, err, said)
		}
	}
}

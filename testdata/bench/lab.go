package main

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed c/*.c
var sources embed.FS

// A lab is where the measuring is done: a temporary directory with the jobs
// and the inputs, and the environment that every program gets.
type lab struct {
	ctx    context.Context
	dir    string
	pmap   string
	scale  float64
	rounds int
	env    []string

	free, static, floor, peak string // compiled
}

func newLab(ctx context.Context, pmap string, scale float64, rounds int) (*lab, error) {
	path, err := exec.LookPath(pmap)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot find the program to measure: %w", err)
	}
	dir, err := os.MkdirTemp("", "pmap-bench-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a directory: %w", err)
	}
	l := &lab{ctx: ctx, dir: dir, pmap: path, scale: scale, rounds: max(1, rounds)}
	l.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "LC_ALL=C"}
	if err := l.compileAll(); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *lab) close() { os.RemoveAll(l.dir) }

func (l *lab) compileAll() (err error) {
	if l.free, err = l.compile("free", "-static", "-nostdlib", "-nostartfiles", "-Wl,--build-id=none"); err != nil {
		return err
	}
	if l.static, err = l.compile("static", "-static"); err != nil {
		return err
	}
	if l.peak, err = l.compile("peak"); err != nil {
		return err
	}
	l.floor, err = l.compile("floor")
	return err
}

// compile makes a program of a C source and returns its path.
func (l *lab) compile(name string, flags ...string) (string, error) {
	text, err := sources.ReadFile("c/" + name + ".c")
	if err != nil {
		return "", fmt.Errorf("cannot read a source: %w", err)
	}
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path+".c", text, 0o600); err != nil {
		return "", fmt.Errorf("cannot write a source: %w", err)
	}
	args := append([]string{"-O2", "-Wall", "-o", path, path + ".c"}, flags...)
	if out, err := exec.CommandContext(l.ctx, "gcc", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot compile %s.c: %w\n%s", name, err, out)
	}
	return path, nil
}

// jobs scales a number of jobs.
func (l *lab) jobs(n int) int { return max(2, int(float64(n)*l.scale)) }

// inputPath is where input makes its file.
func (l *lab) inputPath(n int, same string) string {
	return filepath.Join(l.dir, fmt.Sprintf("input-%d-%s", n, same))
}

// input is a file of n items: the numbers from 1, or n times the same one.
func (l *lab) input(n int, same string) (string, error) {
	path := l.inputPath(n, same)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	var b []byte
	for i := 1; i <= n; i++ {
		if same == "" {
			b = strconv.AppendInt(b, int64(i), 10)
		}
		b = append(append(b, same...), '\n')
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return "", fmt.Errorf("cannot write an input: %w", err)
	}
	return path, nil
}

// run runs one command to its end. Its stdout and stderr are different files,
// as they are in a pipeline.
func (l *lab) run(argv []string, input string, stdout *os.File) (time.Duration, error) {
	stdin, err := os.Open(input)
	if err != nil {
		return 0, err
	}
	defer stdin.Close()
	stderr, err := os.Create(filepath.Join(l.dir, "stderr"))
	if err != nil {
		return 0, err
	}
	defer stderr.Close()

	cmd := exec.CommandContext(l.ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Env, cmd.Dir = l.env, l.dir
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	start := time.Now()
	err = cmd.Run()
	took := time.Since(start)
	if err != nil {
		said, _ := os.ReadFile(stderr.Name())
		return 0, fmt.Errorf("%s: %w\n%s", filepath.Base(argv[0]), err, bytes.TrimSpace(said[:min(len(said), 1000)]))
	}
	return took, nil
}

// memory is the peak of a command and of each of its jobs, in MiB.
func (l *lab) memory(argv []string, input string, stdout *os.File) (float64, error) {
	path := filepath.Join(l.dir, "memory")
	if _, err := l.run(append([]string{l.peak, path}, argv...), input, stdout); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	kib, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return float64(kib) / 1024, err
}

package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// An ownFile is one that an option names and that pmap writes itself.
type ownFile struct {
	flag, name string
	emptied    bool // at the start
}

// ownFiles are the files that the run would write.
func (o *options) ownFiles() (files []ownFile) {
	add := func(flag, name string, emptied bool) {
		if name != "" {
			files = append(files, ownFile{flag, name, emptied})
		}
	}
	add("--failed-to", o.failure.failedTo, true)
	add("--journal", o.records.journal, false)
	log, _ := o.records.jobLogFile()
	add("--joblog", log, false)
	if name, kind, _ := o.records.resultsFile(); kind == resultsTable {
		add("--results", name, false)
	}
	if _, ok := eventsFD(o.records.events); !ok {
		add("--events", o.records.events, false)
	}
	return files
}

// checkOwnFiles refuses to write over the input or into the output, and two
// records into one file: none of them could be read afterwards.
func (o *options) checkOwnFiles(words *commandLine, p Process) error {
	files := o.ownFiles()
	for i, f := range files {
		if f.name == "-" {
			return usage(f.flag+" takes the name of a file", "for a pipe or terminal at standard output write /dev/stdout, for a file of that name ./-")
		}
		for _, other := range files[:i] {
			if sameTarget(f.name, other.name) {
				return usage(fmt.Sprintf("%s and %s name the same file, %s", other.flag, f.flag, f.name), "give each a file of its own")
			}
		}
		if err := f.check(words, p); err != nil {
			return err
		}
	}
	return nil
}

// check holds the file against input and output.
func (f *ownFile) check(words *commandLine, p Process) error {
	var st unix.Stat_t
	if unix.Stat(f.name, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil
	}
	for _, in := range words.stats(p.Stdin) {
		if sameInode(&in, &st) {
			return usage(fmt.Sprintf("%s %s is the input too", f.flag, f.name), "write to another file and rename it afterwards")
		}
	}
	for _, fd := range []int{p.Stdout, p.Stderr} {
		var out unix.Stat_t
		if unix.Fstat(fd, &out) == nil && sameInode(&out, &st) {
			hint := "write to another file"
			if f.emptied {
				hint += ": this one would be emptied"
			}
			return usage(fmt.Sprintf("%s %s is pmap's own output too", f.flag, f.name), hint)
		}
	}
	return nil
}

// sameTarget reports whether two names are one regular file's, or would be once
// it is made.
func sameTarget(a, b string) bool {
	sa, errA := os.Stat(a)
	sb, errB := os.Stat(b)
	switch {
	case errA == nil && errB == nil:
		return sa.Mode().IsRegular() && os.SameFile(sa, sb)
	case errA == nil || errB == nil:
		return false
	}
	return filepath.Base(a) == filepath.Base(b) && sameFileName(filepath.Dir(a), filepath.Dir(b))
}

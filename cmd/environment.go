package cmd

import (
	"strconv"
	"strings"
)

// A Process is what pmap was started with: all of it that the command line
// looks at. The descriptors stay the caller's.
type Process struct {
	Name                  string   // as it was called, for completions
	Args                  []string // without the name
	Environ               []string
	Stdin, Stdout, Stderr int
}

// An environment is the variables that pmap reads. No variable holds options.
type environment struct {
	jobs     int    // PMAP_JOBS, as a pmap around this one says; 0 without
	badJobs  string // PMAP_JOBS, where it is no such number
	shell    []string
	tmpDir   string
	dumb     bool // TERM is dumb or missing
	noColor  bool // NO_COLOR is set and not empty
	noClone3 bool // PMAP_NO_CLONE3 is set: start jobs as other systems do
	maxProcs bool // GOMAXPROCS is set: Go's number of CPUs isn't the process's
}

func readEnvironment(environ []string) *environment {
	env := &environment{tmpDir: "/tmp", dumb: true}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "PMAP_JOBS":
			env.jobs, env.badJobs = readJobs(value)
		case "PMAP_SHELL":
			env.shell = strings.Fields(value)
		case "TMPDIR":
			if value != "" {
				env.tmpDir = value
			}
		case "TERM":
			env.dumb = value == "" || value == "dumb"
		case "NO_COLOR":
			env.noColor = value != ""
		case "PMAP_NO_CLONE3":
			env.noClone3 = value != ""
		case "GOMAXPROCS":
			env.maxProcs = value != ""
		}
	}
	return env
}

func readJobs(value string) (jobs int, bad string) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, value
	}
	return n, ""
}

// share is how many of the CPUs are pmap's: all of them, or what a pmap around
// this one gives it.
func (env *environment) share(cpus int) int {
	if env.jobs > 0 {
		return min(env.jobs, cpus)
	}
	return cpus
}

// jobEnviron is what jobs inherit: everything, with their share of the CPUs.
// The pool adds what differs from job to job.
func jobEnviron(environ []string, cpus, slots int) []string {
	kept := make([]string, 0, len(environ)+1)
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "PMAP_JOBS=") {
			kept = append(kept, pair)
		}
	}
	return append(kept, "PMAP_JOBS="+strconv.Itoa(max(1, cpus/slots)))
}

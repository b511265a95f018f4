package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"pmap/runner/worker"
	"pmap/startmode"
)

// The start methods.
const (
	methodFork       = "fork"
	methodSpawn      = "spawn"
	methodForkServer = "forkserver"
)

// workerOptions say which processes start or run the jobs.
type workerOptions struct {
	startMethod choiceValue
	env         envValue
	init        string
	fini        string
	maxTasks    countValue
}

func (o *workerOptions) AddFlags(fs *pflag.FlagSet) {
	o.startMethod = choiceValue{allowed: []string{methodFork, methodSpawn, methodForkServer}}
	fs.Var(&o.startMethod, "start-method", "who starts the jobs: pmap itself, a fresh worker for each slot, or one server for all")
	fs.Var(&o.env, "env", "set `NAME[=VALUE]` for jobs; without a value, NAME is a variable, or a function of bash, that jobs get; spawned workers get few others")
	fs.Var((*onceValue)(&o.init), "init", "each worker runs the shell script `CMD` before its first item")
	fs.Var((*onceValue)(&o.fini), "fini", "each worker runs the shell script `CMD` after its last item")
	fs.Var(&o.maxTasks, "max-tasks-per-child", "a worker that has had `N` items is replaced by a fresh one")
}

// startMethod is the start method, and why it is this one.
func (o *options) startMethod() (name, why string) {
	switch w := &o.workers; {
	case w.startMethod.value != "":
		return w.startMethod.value, "as --start-method says"
	case w.init != "":
		return methodSpawn, "for --init"
	case o.builtins.name != "":
		return methodSpawn, "the default for built-in workers"
	}
	return methodFork, "the default for commands"
}

func (o *options) method() string {
	name, _ := o.startMethod()
	return name
}

// conflict refuses what doesn't go with the start method.
func (o *workerOptions) conflict(given func(...string) bool, method string, terminal bool) error {
	switch {
	case o.init != "" && method != methodSpawn:
		return usage("--init is for workers, and --start-method "+method+" has none", "leave --start-method out, or --start-method spawn")
	case given("fini") && method != methodSpawn:
		return usage("--fini is for workers, and --start-method "+method+" has none", "add --start-method spawn")
	case given("max-tasks-per-child") && method != methodSpawn:
		return usage("--max-tasks-per-child is for workers, and --start-method "+method+" has none", "add --start-method spawn")
	case given("max-tasks-per-child") && o.maxTasks < 1:
		return usage("--max-tasks-per-child 0 leaves a worker nothing to do", "leave it out: then a worker lasts as long as the run")
	case terminal && method != methodFork:
		return usage("-o gives the terminal to jobs that pmap itself starts, and here the start method is "+method, "leave -o out")
	}
	return nil
}

// checkEnv refuses the name of a variable that there isn't.
func (o *workerOptions) checkEnv(environ []string) error {
	for _, e := range o.env {
		found := strings.Contains(e, "=") || slices.ContainsFunc(environ, func(kv string) bool {
			name, _, _ := strings.Cut(kv, "=")
			return name == e || name == exportedFunction(e)
		})
		if !found {
			return usage(fmt.Sprintf("--env %s: there is no such variable to give to the jobs, nor a function that bash has exported", e),
				fmt.Sprintf("export it first, or set it: --env %s=VALUE", e))
		}
	}
	return nil
}

// exportedFunction is the variable in which bash exports a function.
func exportedFunction(name string) string { return "BASH_FUNC_" + name + "%%" }

// declared are the variables that spawned workers and their jobs get; those
// that begin with LC_ too.
var declared = []string{
	"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR", "LANG", "LANGUAGE", "TZ", "TERM", "NO_COLOR",
	"PMAP_JOBS",
}

// environ is what jobs get of pmap's own variables.
func (o *workerOptions) environ(all []string, method string) []string {
	var kept []string
	for _, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		if o.env.sets(name) || method == methodSpawn && !o.passes(name) {
			continue
		}
		kept = append(kept, kv)
	}
	for _, e := range o.env {
		if strings.Contains(e, "=") {
			kept = append(kept, e)
		}
	}
	return kept
}

// passes reports whether a variable reaches spawned workers.
func (o *workerOptions) passes(name string) bool {
	return slices.Contains(declared, name) || strings.HasPrefix(name, "LC_") ||
		slices.ContainsFunc(o.env, func(e string) bool { return name == e || name == exportedFunction(e) })
}

// envValue is --env's, which can be given any number of times; of several for
// the same name the last counts.
type envValue []string

func (v *envValue) Set(s string) error {
	name, _, set := strings.Cut(s, "=")
	if name == "" || strings.ContainsRune(s, 0) {
		return fmt.Errorf("write NAME=VALUE or NAME")
	}
	if slices.Contains([]string{"PMAP_SEQ", "PMAP_SLOT", "PMAP_TRY", "PMAP_PID", "PMAP_JOBS", startmode.WorkerEnv, worker.BuiltinEnv}, name) {
		return fmt.Errorf("pmap itself sets %s", name)
	}
	if set {
		*v = slices.DeleteFunc(*v, func(e string) bool { return strings.HasPrefix(e, name+"=") })
	}
	*v = append(*v, s)
	return nil
}

func (v *envValue) String() string { return strings.Join(*v, " ") }
func (v *envValue) Type() string   { return "NAME" }

// sets reports whether a value is given for the name.
func (v envValue) sets(name string) bool {
	return slices.ContainsFunc(v, func(e string) bool { return strings.HasPrefix(e, name+"=") })
}

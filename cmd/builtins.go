package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"pmap/runner"
	"pmap/runner/builtin"
	"pmap/runner/template"
	"pmap/runner/worker"
	"pmap/startmode"
)

// builtinOptions say which of pmap's own workers runs the items.
type builtinOptions struct {
	name      string
	list      bool
	chunkSize chunkValue
}

func (o *builtinOptions) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.name, "builtin", "", "pmap's own worker `NAME` runs the items; what would be the command are its arguments")
	fs.BoolVar(&o.list, "list-builtins", false, "print the built-in workers")
	fs.Var(&o.chunkSize, "chunksize", "send a built-in worker `N` items at once, or auto: as many as make a few milliseconds of work")
}

// words are the worker and its arguments.
func (o *builtinOptions) words(args []string) []string { return append([]string{o.name}, args...) }

// check refuses a worker that there isn't, or that doesn't take the words.
func (o *builtinOptions) check(args []string, delim []byte) error {
	if o.name == "" {
		return nil
	}
	_, err := builtin.New(o.words(args), delim)
	var surplus *builtin.SurplusError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, builtin.ErrUnknown):
		return usage("--builtin "+err.Error(), "pmap --list-builtins shows all")
	case errors.As(err, &surplus) && strings.HasPrefix(surplus.Word, "-"):
		return usage("--builtin: "+err.Error(), "options of pmap go before the arguments: pmap OPTIONS --builtin "+strings.TrimSpace(o.name+" "+surplus.Worker.Args)+"\n"+noBuiltinOptions)
	}
	hint := "pmap --list-builtins shows what each of them takes"
	if len(args) == 0 {
		hint = "options before the items are pmap's own: an argument like -v goes behind --, as in --builtin match -- -v"
	}
	return usage("--builtin: "+err.Error(), hint)
}

const noBuiltinOptions = "built-in workers have no options of their own: those on the command line are pmap's"

// builtinConflict is about --builtin and what it is given.
func (o *options) builtinConflict(given func(...string) bool, words *commandLine) error {
	return cmp.Or(o.builtins.conflict(given, o.method()), o.rowsConflict(words), o.builtins.check(words.command, o.input.delim()))
}

// rowsConflict is about what takes one value for each item.
func (o *options) rowsConflict(words *commandLine) error {
	name := "--builtin"
	if o.warm.noCommand() {
		name = o.warm.name()
	}
	if o.builtins.name == "" && !o.warm.noCommand() || !o.input.rows(words) {
		return nil
	}
	return usage(name+" takes one value for each item, and several sources, --colsep and --csv make columns", "keep one source of plain records")
}

// conflict refuses what has no meaning for or without a built-in worker.
func (o *builtinOptions) conflict(given func(...string) bool, method string) error {
	switch {
	case o.name == "" && given("builtin"):
		return usage("--builtin needs a name", "pmap --list-builtins shows all")
	case o.name == "" && given("chunksize"):
		return usage("--chunksize is for built-in workers, and there is none", "leave it out; for several items in one command: -n N; for those that --coproc's program is sent ahead: --coproc-window N")
	case o.name == "":
		return nil
	case given("chunksize") && method != methodSpawn:
		return usage("--chunksize is for workers that take many items, and --start-method "+method+" makes one for each", "leave one of them out")
	case given("shell", "no-shell", "replace", "replace-old"):
		return usage("--builtin takes each item as it is: there is no command to put it into", "leave --shell, --no-shell, -I and -i out\n"+noBuiltinOptions)
	case given("stdin", "stdout", "workdir", "wd"):
		return usage("--builtin runs no command that could be given files or a directory", "leave --stdin, --stdout and --workdir out")
	case given("interactive"):
		return usage("--builtin takes many items at once, and -p asks for each", "leave -p out")
	case given(packFlags...):
		return usage("--builtin takes the items one by one", "how many are sent at once --chunksize says\n"+noBuiltinOptions)
	case given("preload", "python", "python-code", "coproc"):
		return usage("--builtin and --preload, --python or --coproc each say what runs the items", "keep one of them")
	}
	return nil
}

// adapt makes the template that stands for the worker: in what pmap says, and
// where each item has a process of its own.
func (o *builtinOptions) adapt(cfg *template.Config) (err error) {
	if o.name == "" {
		return nil
	}
	cfg.Words, cfg.Mode, cfg.Replace = worker.OneArgs(o.words(cfg.Words), item), template.Argv, item
	cfg.Program, err = startmode.Program()
	return err
}

// listBuiltins is what --list-builtins prints.
func listBuiltins() string {
	var b strings.Builder
	for _, w := range builtin.All() {
		form := strings.TrimSpace(w.Name + " " + w.Args)
		fmt.Fprintf(&b, "%-20s %s\n", form, w.Help)
	}
	return b.String()
}

// setBuiltin has the built-in worker run the items.
func (r *execution) setBuiltin(cfg *runner.Config) error {
	if r.plan.method != methodSpawn {
		quoted := strconv.Quote(string(r.options.input.delim()))
		cfg.Environ = append(cfg.Environ[:len(cfg.Environ):len(cfg.Environ)], worker.BuiltinEnv+"="+quoted)
		return r.setMethod(cfg)
	}
	cfg.Chunking = runner.ChunkOptions{Size: int(r.builtins.chunkSize), MaxTasks: int(r.workers.maxTasks)}
	cfg.Worker = func(cell int) (runner.Worker, error) {
		spec := r.builtinSpec(cfg, cell)
		return runner.StartPooled(&spec)
	}
	return nil
}

// builtinSpec is a worker that runs the built-in.
func (r *execution) builtinSpec(cfg *runner.Config, cell int) startmode.WorkerSpec {
	spec := r.spawnSpec(cfg, cell)
	spec.Hello.Words = append([]string{string(r.options.input.delim())}, r.builtins.words(r.words.command)...)
	return spec
}

// readByWorkers lets the workers read the input themselves, block by block: if
// they have a way to do that, it is a file, and nothing is asked for that
// happens item by item.
func (r *execution) readByWorkers(cfg *runner.Config) error {
	if cfg.Worker == nil || r.builtins.name == "" || cfg.Itemwise() || r.output.commands || r.output.verbose ||
		builtin.NewBlocks(r.builtins.words(r.words.command), r.options.input.delim()) == nil {
		return nil
	}
	blocks, closeBlocks, err := r.options.input.openBlocks(r.words, r.process.Stdin, r.con.say)
	if blocks == nil {
		return err
	}
	r.closers = append(r.closers, closeBlocks)
	cfg.Blocks = blocks
	cfg.Worker = func(cell int) (runner.Worker, error) {
		spec := r.builtinSpec(cfg, cell)
		spec.Hello.Blocks, spec.Files = true, []int{blocks.FD()}
		return runner.StartPooled(&spec)
	}
	return nil
}

// chunkValue is --chunksize's; 0 is auto.
type chunkValue int

func (c *chunkValue) Set(s string) error {
	if s == "auto" {
		*c = 0
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return fmt.Errorf("write a number of items, or auto")
	}
	*c = chunkValue(n)
	return nil
}

func (c *chunkValue) String() string {
	if *c == 0 {
		return "auto"
	}
	return strconv.Itoa(int(*c))
}

func (c *chunkValue) Type() string { return "N" }

package cmd

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"pmap/chunker"
)

// selectOptions say which items of the input are taken, and in what order.
type selectOptions struct {
	shuf bool
	seed numberValue
	skip countValue
	head numberValue
	part partValue
}

func (o *selectOptions) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.shuf, "shuf", false, "take the items in a random order, which is known once all are read")
	fs.Var(&o.seed, "seed", "with --shuf: the same number `N` gives the same order")
	fs.Var(&o.skip, "skip", "leave out the first `N` items")
	fs.Var(&o.head, "head", "end the input after `N` items")
	fs.Var(&o.part, "part", "take every N-th item from the I-th: `I/N`; auto reads them from the job array of Slurm, PBS or SGE")
}

// selection is what is taken of the items.
func (o *selectOptions) selection() chunker.Selection {
	sel := chunker.All
	sel.Skip = int64(o.skip)
	if o.head.given {
		sel.Head = o.head.n
	}
	if o.part.of > 0 {
		sel.Part, sel.Parts = o.part.i, o.part.of
	}
	return sel
}

// wanted reports whether not all items are taken as they come.
func (o *selectOptions) wanted() bool { return o.shuf || o.selection() != chunker.All }

// of is how many of n items are taken.
func (o *selectOptions) of(n int64) int64 { return o.selection().Of(n) }

// apply makes the stream of the items that are taken.
func (o *selectOptions) apply(src chunker.Stream) chunker.Stream {
	if o.shuf {
		seed := rand.Uint64()
		if o.seed.given {
			seed = uint64(o.seed.n)
		}
		src = chunker.Shuffle(src, seed)
	}
	return chunker.Select(src, o.selection())
}

func (o *selectOptions) conflict(given func(...string) bool) error {
	switch {
	case o.seed.given && !o.shuf:
		return usage("--seed is for --shuf", "add --shuf, or leave --seed out")
	case o.shuf && given("part") && !o.seed.given:
		return usage("each part would be of another order: with --shuf, --part needs the same --seed for all", "add --seed N, such as --seed 1")
	}
	return nil
}

// partValue is --part's.
type partValue struct {
	text  string
	auto  bool
	i, of int64 // 0: none
}

func (v *partValue) Set(s string) error {
	first, second, cut := strings.Cut(s, "/")
	of, err := strconv.ParseInt(second, 10, 64)
	if cut && (err != nil || of < 1) {
		return errPart
	}
	if first == "auto" {
		*v = partValue{text: s, auto: true, of: of}
		return nil
	}
	i, err := strconv.ParseInt(first, 10, 64)
	if err != nil || !cut || i < 1 || i > of {
		return errPart
	}
	*v = partValue{text: s, i: i, of: of}
	return nil
}

var errPart = fmt.Errorf("write which of how many parts, such as 1/4; or auto, in a job array; or auto/4 where that doesn't tell how many")

func (v *partValue) String() string { return v.text }
func (v *partValue) Type() string   { return "I/N" }

// jobArrays are the variables by which batch systems tell a task of a job
// array which one it is. The empty names are what a system doesn't tell.
var jobArrays = []struct{ system, id, first, last, step, count string }{
	{"Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX", "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT"},
	{"SGE", "SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE", ""},
	{"PBS", "PBS_ARRAY_INDEX", "", "", "", ""},
	{"PBS", "PBS_ARRAYID", "", "", "", ""},
}

// resolve finds the part of a job array's task in its variables.
func (v *partValue) resolve(environ []string) error {
	if !v.auto {
		return nil
	}
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	for _, a := range jobArrays {
		id, err := strconv.ParseInt(env[a.id], 10, 64)
		if err != nil {
			continue // SGE says "undefined" outside of an array
		}
		if v.of > 0 { // any run of so many numbers meets each rest once
			v.i = (id%v.of+v.of)%v.of + 1
			return nil
		}
		if v.i, v.of = arrayPart(env, id, a.first, a.last, a.step, a.count); v.of > 0 {
			return nil
		}
		return usage(fmt.Sprintf("the variables of %s don't tell how many tasks the job array has, or its numbers have gaps", a.system),
			"say how many: --part auto/N, where the numbers follow each other; else --part I/N")
	}
	return usage("--part auto is for a task of a job array, and no variable of Slurm, PBS or SGE tells which one this is", "say which of how many: --part I/N")
}

// arrayPart is a task's place in its array, or 0, 0.
func arrayPart(env map[string]string, id int64, firstVar, lastVar, stepVar, countVar string) (i, of int64) {
	first, err1 := strconv.ParseInt(env[firstVar], 10, 64)
	last, err2 := strconv.ParseInt(env[lastVar], 10, 64)
	step, err3 := strconv.ParseInt(env[stepVar], 10, 64)
	if err1 != nil || err2 != nil || id < first || id > last {
		return 0, 0
	}
	if err3 != nil || step < 1 {
		step = 1
	}
	of = (last-first)/step + 1
	if count, err := strconv.ParseInt(env[countVar], 10, 64); err == nil && count != of || (id-first)%step != 0 {
		return 0, 0
	}
	return (id-first)/step + 1, of
}

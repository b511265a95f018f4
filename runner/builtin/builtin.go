// Package builtin is the workers that pmap brings along. Adding one is a file
// with a function and its registration.
package builtin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Result is where a worker puts what it has to say of an item.
type Result struct {
	Out, Err []byte
}

// A Func runs an item and returns its exit status. It appends to r and keeps
// nothing of the item. It is called by one goroutine at a time.
type Func func(item []byte, r *Result) (status int)

// A BlockFunc appends to dst what a worker makes of each record of a block, in
// their order. All of them succeed. Only the last may lack its delimiter.
type BlockFunc func(dst, block []byte) []byte

// A Builtin is a worker by name.
type Builtin struct {
	Name string
	Args string // as the help shows them
	Help string // what it does, in a line

	// New makes the function. delim is what ends a record, in the input and in
	// the output of workers whose items are records. args are at most as many
	// as Args says. The error is the user's.
	New func(args []string, delim []byte) (Func, error)

	// Blocks, where not nil, does the same for whole blocks of records that end
	// in one byte. args have passed New.
	Blocks func(args []string, delim byte) BlockFunc
}

var all []Builtin

// register is called by the init of each file.
func register(b Builtin) { all = append(all, b) }

// All is every worker, by name.
func All() []Builtin {
	slices.SortFunc(all, func(a, b Builtin) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// A SurplusError is an argument more than a worker takes.
type SurplusError struct {
	Worker *Builtin
	Word   string
}

func (e *SurplusError) Error() string {
	if e.Worker.Args == "" {
		return fmt.Sprintf("%s takes no arguments, and %q is one", e.Worker.Name, e.Word)
	}
	return fmt.Sprintf("%s takes %s, and %q is one more", e.Worker.Name, e.Worker.Args, e.Word)
}

// ErrUnknown says that there is no worker of the name.
var ErrUnknown = errors.New("there is no such built-in worker")

// New makes the function of the worker that words[0] names, with the
// arguments that follow. The error is a *SurplusError where they are too many,
// and ErrUnknown where there is no such worker.
func New(words []string, delim []byte) (Func, error) {
	b := find(words[0])
	if b == nil {
		return nil, fmt.Errorf("%q: %w", words[0], ErrUnknown)
	}
	args := words[1:]
	if most := len(strings.Fields(b.Args)); len(args) > most {
		return nil, &SurplusError{b, args[most]}
	}
	return b.New(args, delim)
}

// NewBlocks makes the function for blocks, or nil where there is none.
func NewBlocks(words []string, delim []byte) BlockFunc {
	if b := find(words[0]); b != nil && b.Blocks != nil && len(delim) == 1 {
		return b.Blocks(words[1:], delim[0])
	}
	return nil
}

func find(name string) *Builtin {
	i := slices.IndexFunc(all, func(b Builtin) bool { return b.Name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// noArgs is New for a worker that takes none.
func noArgs(f func(delim []byte) Func) func([]string, []byte) (Func, error) {
	return func(_ []string, delim []byte) (Func, error) { return f(delim), nil }
}

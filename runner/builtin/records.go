package builtin

import (
	"fmt"
	"regexp"
)

func init() {
	register(Builtin{
		Name: "match", Args: "REGEXP",
		Help: "the items in which REGEXP (RE2) matches",
		New:  match,
	})
	register(Builtin{
		Name: "replace", Args: "REGEXP TEXT",
		Help: "the items, with TEXT for each match of REGEXP (RE2); $1 or ${1} is its first group, $$ a dollar sign",
		New:  replace,
	})
	register(Builtin{
		Name: "upper",
		Help: "the items in capitals, as tr a-z A-Z makes them",
		New:  letters("upper", 'a', 'z'),
	})
	register(Builtin{
		Name: "lower",
		Help: "the items in small letters, as tr A-Z a-z makes them",
		New:  letters("lower", 'A', 'Z'),
	})
}

func match(args []string, delim []byte) (Func, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("match takes a regular expression: match REGEXP")
	}
	re, err := regexp.Compile(args[0])
	if err != nil {
		return nil, err
	}
	return func(item []byte, r *Result) int {
		if re.Match(item) {
			r.Out = append(append(r.Out, item...), delim...)
		}
		return 0
	}, nil
}

func replace(args []string, delim []byte) (Func, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("replace takes a regular expression and a text: replace REGEXP TEXT")
	}
	re, err := regexp.Compile(args[0])
	if err != nil {
		return nil, err
	}
	text := []byte(args[1])
	return func(item []byte, r *Result) int {
		r.Out = append(append(r.Out, re.ReplaceAll(item, text)...), delim...)
		return 0
	}, nil
}

// letters makes New of a worker that changes the case of the ASCII letters
// from lo to hi.
func letters(name string, lo, hi byte) func([]string, []byte) (Func, error) {
	return func(args []string, delim []byte) (Func, error) {
		if len(args) > 0 {
			return nil, fmt.Errorf("%s takes no arguments, and %q is one", name, args[0])
		}
		var table [256]byte
		for i := range table {
			table[i] = byte(i)
			if c := byte(i); c >= lo && c <= hi {
				table[i] = c ^ 0x20
			}
		}
		return func(item []byte, r *Result) int {
			for _, c := range item {
				r.Out = append(r.Out, table[c])
			}
			r.Out = append(r.Out, delim...)
			return 0
		}, nil
	}
}

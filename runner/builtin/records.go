package builtin

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func init() {
	register(Builtin{
		Name: "match", Args: "REGEXP",
		Help:   "the items in which REGEXP (RE2) matches",
		New:    match,
		Blocks: matchBlocks,
	})
	register(Builtin{
		Name: "replace", Args: "REGEXP TEXT",
		Help:   "the items, with TEXT for each match of REGEXP (RE2); $1 or ${1} is its first group, $$ a dollar sign",
		New:    replace,
		Blocks: replaceBlocks,
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

func matchBlocks(args []string, delim byte) BlockFunc {
	re := regexp.MustCompile(args[0])
	c := newCandidates(re, delim)
	return func(dst, block []byte) []byte {
		for len(block) > 0 {
			_, record, rest := c.next(block)
			if len(record) > 0 && re.Match(trimByte(record, delim)) {
				dst = appendRecord(dst, record, delim)
			}
			block = rest
		}
		return dst
	}
}

func replace(args []string, delim []byte) (Func, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("replace takes a regular expression and a text: replace REGEXP TEXT")
	}
	re, err := regexp.Compile(args[0])
	if err != nil {
		return nil, err
	}
	if err := checkGroups(re, args[1]); err != nil {
		return nil, err
	}
	text := []byte(args[1])
	return func(item []byte, r *Result) int {
		r.Out = append(append(r.Out, re.ReplaceAll(item, text)...), delim...)
		return 0
	}, nil
}

// checkGroups refuses a text that names a group which the expression hasn't: it
// would stand for nothing. $1x is the group 1x.
func checkGroups(re *regexp.Regexp, text string) error {
	if !strings.Contains(text, "$") {
		return nil
	}
	references := regexp.MustCompile(`\$(?:\$|([\pL\p{Nd}_]+)|\{([\pL\p{Nd}_]+)\})`)
	for _, m := range references.FindAllStringSubmatch(text, -1) {
		name := m[1] + m[2]
		n, err := strconv.Atoi(name)
		switch {
		case name == "" || re.SubexpIndex(name) >= 0:
		case err != nil || n > re.NumSubexp() || strconv.Itoa(n) != name:
			return fmt.Errorf("replace: the text has %s, and REGEXP has no such group (a group is $1 or ${1}, a dollar sign is $$)", m[0])
		}
	}
	return nil
}

func replaceBlocks(args []string, delim byte) BlockFunc {
	re, text := regexp.MustCompile(args[0]), []byte(args[1])
	c := newCandidates(re, delim)
	return func(dst, block []byte) []byte {
		for len(block) > 0 {
			before, record, rest := c.next(block)
			if len(before) > 0 {
				dst = appendRecord(dst, before, delim)
			}
			if len(record) > 0 {
				dst = append(append(dst, re.ReplaceAll(trimByte(record, delim), text)...), delim)
			}
			block = rest
		}
		return dst
	}
}

// candidates finds the records of a block in which an expression may match:
// all, unless every match begins with the same text.
type candidates struct {
	prefix []byte
	delim  byte
}

func newCandidates(re *regexp.Regexp, delim byte) *candidates {
	prefix, _ := re.LiteralPrefix()
	return &candidates{[]byte(prefix), delim}
}

// next returns the first candidate with its delimiter, and the records before
// and after it.
func (c *candidates) next(block []byte) (before, record, rest []byte) {
	at := bytes.Index(block, c.prefix)
	if at < 0 {
		return block, nil, nil
	}
	from := bytes.LastIndexByte(block[:at], c.delim) + 1
	to := bytes.IndexByte(block[at:], c.delim)
	if to < 0 {
		return block[:from], block[from:], nil
	}
	end := at + to + 1
	return block[:from], block[from:end], block[end:]
}

// appendRecord appends records, the last of which may lack its delimiter.
func appendRecord(dst, records []byte, delim byte) []byte {
	dst = append(dst, records...)
	if records[len(records)-1] != delim {
		dst = append(dst, delim)
	}
	return dst
}

func trimByte(record []byte, delim byte) []byte {
	if n := len(record); n > 0 && record[n-1] == delim {
		return record[:n-1]
	}
	return record
}

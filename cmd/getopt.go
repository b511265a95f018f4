package cmd

import (
	"fmt"
	"strings"
)

// A longOption is an option of a command line that is read as getopt_long
// reads it. Several may have one letter.
type longOption struct {
	name   string // empty: it has a letter only
	letter byte   // 0: it has a name only
	value  valueKind
}

type valueKind uint8

const (
	bareOption valueKind = iota
	needsValue
	mayHaveValue // in the same word: -i{} --replace={}
)

// A givenOption is an option that was met on the command line.
type givenOption struct {
	*longOption
	text  string // its value
	given bool   // it has one
}

// getopt reads options up to the first word that is none, or "--", and hands
// each to set, whose error ends the reading. What follows is returned. Letters
// may stand in one word, and names may be cut short as long as they are clear.
func getopt(options []longOption, args []string, set func(givenOption) error) (rest []string, err error) {
	for len(args) > 0 {
		word := args[0]
		if len(word) < 2 || word[0] != '-' {
			break
		}
		args = args[1:]
		if word == "--" {
			break
		}
		if word[1] == '-' {
			args, err = getLong(options, word[2:], args, set)
		} else {
			args, err = getLetters(options, word[1:], args, set)
		}
		if err != nil {
			return nil, err
		}
	}
	return args, nil
}

// getLetters reads a word of letters. Only the last may take its value from
// the next word.
func getLetters(options []longOption, letters string, args []string, set func(givenOption) error) ([]string, error) {
	for len(letters) > 0 {
		o := byLetter(options, letters[0])
		if o == nil {
			return nil, fmt.Errorf("invalid option -- '%c'", letters[0])
		}
		letters = letters[1:]
		g := givenOption{longOption: o}
		if o.value != bareOption && letters != "" {
			g.text, g.given, letters = letters, true, ""
		} else if o.value == needsValue {
			if len(args) == 0 {
				return nil, fmt.Errorf("option requires an argument -- '%c'", o.letter)
			}
			g.text, g.given, args = args[0], true, args[1:]
		}
		if err := set(g); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func byLetter(options []longOption, letter byte) *longOption {
	for i := range options {
		if options[i].letter == letter {
			return &options[i]
		}
	}
	return nil
}

// getLong reads what follows "--".
func getLong(options []longOption, word string, args []string, set func(givenOption) error) ([]string, error) {
	name, value, given := strings.Cut(word, "=")
	o, err := byName(options, name)
	if err != nil {
		return nil, err
	}
	g := givenOption{longOption: o, text: value, given: given}
	switch {
	case given && o.value == bareOption:
		return nil, fmt.Errorf("option '--%s' doesn't allow an argument", o.name)
	case !given && o.value == needsValue:
		if len(args) == 0 {
			return nil, fmt.Errorf("option '--%s' requires an argument", o.name)
		}
		g.text, g.given, args = args[0], true, args[1:]
	}
	return args, set(g)
}

// byName finds the option of that name, or the only one that begins so.
func byName(options []longOption, name string) (*longOption, error) {
	var found []*longOption
	for i := range options {
		o := &options[i]
		if o.name != "" && o.name == name {
			return o, nil
		}
		if o.name != "" && strings.HasPrefix(o.name, name) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("unrecognized option '--%s'", name)
	case 1:
		return found[0], nil
	}
	var names strings.Builder
	for _, o := range found {
		names.WriteString(" '--" + o.name + "'")
	}
	return nil, fmt.Errorf("option '--%s' is ambiguous; possibilities:%s", name, names.String())
}

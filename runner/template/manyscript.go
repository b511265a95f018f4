package template

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// In a script that gets several items, {} is "$@": it can stand only where
// that makes each item a word, and where the parameters are still the items.
// So is a bare {} for one item of several columns; in quotes, or in a part of a
// word, that is a text with blanks between them.

// loopHint is the way to do something with one item at a time.
const loopHint = `to take the items one by one: for f in {}; do … "$f" …; done`

// columnsHint is how the columns are named one by one.
const columnsHint = "name each column: {1} {2}"

// checkPlace reports whether the span is a word for each item or column. It
// refuses one that should be and can't. n is the text that holds the span, on
// top of the stack.
func (w *walker) checkPlace(sp span, n syntax.Node) (all bool, err error) {
	pack := &w.script.names.pack
	switch {
	case pack.Mode != Single && sp.op.each():
		return true, w.checkItems(sp, n)
	case pack.Columns.Several && sp.op.splits() && !w.inQuotes() && w.isWord(sp, n):
		return true, w.checkColumns(sp)
	}
	return false, nil
}

// checkItems is checkPlace for several items.
func (w *walker) checkItems(sp span, n syntax.Node) error {
	text := w.src[sp.start:sp.end]
	switch {
	case sp.op.form != formWhole || sp.op.col != 0 || sp.op.suffix != "":
		return at(w.src, sp.start, "without a shell it can, in each word that is repeated: pmap -X COMMAND "+text+"\n"+loopHint,
			"of several items, a script takes only {}")
	case w.inQuotes():
		return at(w.src, sp.start, "leave the quotes out: a bare "+text+" makes each item a word, whatever it holds",
			"%s is several items here, and can't stand in quotes", text)
	case !w.isWord(sp, n):
		return at(w.src, sp.start, "without a shell the whole word is repeated: pmap -X COMMAND --in="+text+"\n"+loopHint,
			"%s is several items here, and has to be a word by itself", text)
	case w.inFunction():
		return at(w.src, sp.start, "give them to the function: f {}", "the items can't be named inside a function")
	}
	return nil
}

// checkColumns is checkPlace for several columns of one item.
func (w *walker) checkColumns(sp span) error {
	switch {
	case sp.op.form != formWhole || sp.op.suffix != "":
		return at(w.src, sp.start, columnsHint, "of several columns, a script takes only {}")
	case w.inFunction():
		return at(w.src, sp.start, columnsHint+"; or give them to the function: f {}", "the columns can't be named together inside a function")
	}
	return nil
}

func (w *walker) inQuotes() bool {
	for i := len(w.stack) - 1; i >= 0; i-- {
		switch w.stack[i].(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		case *syntax.Stmt:
			return false
		}
	}
	return false
}

func (w *walker) inFunction() bool {
	for _, n := range w.stack {
		if _, ok := n.(*syntax.FuncDecl); ok {
			return true
		}
	}
	return false
}

// isWord reports whether the span is all of a word of a command, of a loop's
// list or of an array.
func (w *walker) isWord(sp span, n syntax.Node) bool {
	if len(w.stack) < 3 || int(n.Pos().Offset()) != sp.start || int(n.End().Offset()) != sp.end {
		return false
	}
	word, ok := w.stack[len(w.stack)-2].(*syntax.Word)
	if !ok || len(word.Parts) != 1 {
		return false
	}
	switch parent := w.stack[len(w.stack)-3].(type) {
	case *syntax.CallExpr, *syntax.WordIter:
		return true
	case *syntax.ArrayElem:
		return parent.Index == nil
	}
	return false
}

// takers are the builtins that only take several words. What others find in
// them, such as an option before a name, is for the person who writes the
// script to decide.
const takers wordList = " : cd echo false print printf pushd true "

// checkMany refuses commands that would understand several items as more than
// arguments, or that change what "$@" is.
func (s *script) checkMany() (err error) {
	many := s.wordsOfAll()
	if len(many) == 0 {
		return nil
	}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && err == nil && len(call.Args) > 0 {
			err = s.checkCall(call, many)
		}
		_, function := n.(*syntax.FuncDecl)
		return err == nil && !function
	})
	return err
}

// wordsOfAll returns where in the source all items stand, an appended place
// included.
func (s *script) wordsOfAll() map[int]bool {
	many := make(map[int]bool)
	for _, e := range s.edits {
		if e.shown.all {
			many[e.start] = true
		}
	}
	return many
}

func (s *script) checkCall(call *syntax.CallExpr, many map[int]bool) error {
	words := s.codeWords(call.Args)
	args, words := skipPrefixes(call.Args, words)
	if len(args) == 0 {
		return nil
	}
	offset := int(args[0].Pos().Offset())
	if many[offset] {
		return at(s.src, offset, "write the program first; {1} is the first of them", "several values can't be the program")
	}
	name := words[0].literal
	if moves(words) {
		return at(s.src, offset, "save them first, or leave "+name+" to a function", "%s would change what {} stands for", name)
	}
	if !words[0].known || !isBuiltin(name) || takers.has(name) && !(name == "printf" && formatIsItem(words)) {
		return nil
	}
	for i, a := range args[1:] {
		if pos := int(a.Pos().Offset()); many[pos] || i == len(args)-2 && many[int(a.End().Offset())] {
			return at(s.src, pos, s.oneByOne(), "%s would understand several values as more than arguments", name)
		}
	}
	return nil
}

// oneByOne is how to name what {} stands for one at a time.
func (s *script) oneByOne() string {
	if s.names.pack.Mode == Single {
		return columnsHint
	}
	return loopHint
}

// moves reports whether the command sets the parameters anew.
func moves(words []codeWord) bool {
	if !words[0].known {
		return false
	}
	switch words[0].literal {
	case "shift":
		return true
	case "set":
		for _, w := range words[1:] {
			if !w.known || w.literal == "--" || !strings.HasPrefix(w.literal, "-") && !strings.HasPrefix(w.literal, "+") && w.literal != "pipefail" {
				return true
			}
		}
	}
	return false
}

// formatIsItem reports whether an item stands where printf takes options or
// its format.
func formatIsItem(words []codeWord) bool {
	return len(words) < 2 || words[1].values
}

package template

import (
	"fmt"
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// evaluators are the commands whose arguments are code.
const evaluators wordList = " alias bind compgen complete emulate eval fc sched "

// namers are the commands whose arguments are names of variables, in which a
// shell may find a subscript and evaluate it.
const namers wordList = " declare float getopts integer let local mapfile nameref read readarray typeset unset vared "

// counters are the commands whose arguments some shells evaluate.
const counters wordList = " break continue exit repeat return shift "

// call checks what a simple command does with the values in its words.
func (w *walker) call(call *syntax.CallExpr) error {
	args := call.Args
	if len(args) == 0 {
		return nil
	}
	if err := w.checkFunction(args[0]); err != nil {
		return err
	}
	words := w.codeWords(args)
	args, words = skipPrefixes(args, words)
	if len(args) == 0 || !words[0].known {
		return nil
	}
	if code, found := findCode(words); found {
		return w.foundCode(args, code)
	}
	return w.builtin(words[0].literal, args, words)
}

// builtin checks the arguments of the builtins that do more with a word than
// take it.
func (w *walker) builtin(name string, args []*syntax.Word, words []codeWord) error {
	last := len(words)
	switch {
	case name == "trap":
		last = min(trapAction(words)+1, last)
		fallthrough
	case evaluators.has(name):
		if i := firstValue(words[:last]); i > 0 {
			return w.codeError(args[i], name+" would execute the item as code", evaluatorHint(name))
		}
	case namers.has(name):
		return w.nameArguments(args, words)
	case name == "printf":
		return w.printf(args, words)
	case name == "test" || name == "[":
		return w.test(args, words)
	case counters.has(name) && w.evaluating():
		return w.refuse(args, words, w.arithmeticPlace(), numberHint)
	}
	return nil
}

// foundCode is the error for a value in another program's script.
func (w *walker) foundCode(args []*syntax.Word, code codePlace) error {
	if code.nested == "" {
		return w.codeError(args[code.word], "a placeholder inside a shell's script would make the item part of the code", w.safeCommand(args, code.word))
	}
	return w.codeError(args[code.word], nestedMessage(code.nested), nestedHint(code.nested, w.spelling(args[code.word]), true))
}

// spelling is how the first placeholder inside the node is written.
func (s *script) spelling(n syntax.Node) string {
	start, end := int(n.Pos().Offset()), int(n.End().Offset())
	for _, sp := range s.spans {
		if sp.start >= start && sp.end <= end && sp.literal == "" && sp.op.ofItem() {
			return s.src[sp.start:sp.end]
		}
	}
	return "{}"
}

// evaluating reports whether the shell's own commands evaluate their
// operands as arithmetic.
func (s *script) evaluating() bool { return !s.dialect.posix() && s.dialect.name != "bash" }

// namePlace is where a shell may find a subscript to evaluate.
const namePlace = "where the shell wants the name of a variable"

// numberHint is how a value gets to where a shell evaluates it: checked.
const numberHint = "$(({}))"

func (s *script) arithmeticPlace() string { return "where " + s.dialect.name + " evaluates arithmetic" }

// trapAction is the index of trap's first operand.
func trapAction(words []codeWord) int {
	for i := 1; i < len(words); i++ {
		if !words[i].known || !isOption(words[i].literal) {
			return i
		}
	}
	return len(words)
}

// firstValue is the index of the first argument with a value in it, or 0.
func firstValue(words []codeWord) int {
	for i := 1; i < len(words); i++ {
		if words[i].values {
			return i
		}
	}
	return 0
}

func (w *walker) refuse(args []*syntax.Word, words []codeWord, where, hint string) error {
	if i := firstValue(words); i > 0 {
		return w.misplaced(int(args[i].Pos().Offset()), where, hint)
	}
	return nil
}

// nameArguments refuses values before a "=".
func (w *walker) nameArguments(args []*syntax.Word, words []codeWord) error {
	evaluates := valueEvaluated.has(words[0].literal)
	for i := 1; i < len(args); i++ {
		evaluates = evaluates || words[i].known && isOption(words[i].literal) && strings.ContainsAny(words[i].literal, "inEF")
		start := int(args[i].Pos().Offset())
		text := masked(w.src, w.spans)[start:args[i].End().Offset()]
		name, value, _ := strings.Cut(text, "=")
		if words[i].values && (strings.IndexByte(name, stand) >= 0 || evaluates && value != "") {
			return w.misplaced(start, namePlace, "")
		}
	}
	return nil
}

// valueEvaluated are the commands that evaluate what is assigned.
const valueEvaluated wordList = " float integer let nameref "

// printf refuses values where the name of a variable stands, and where the
// shell evaluates them for a number.
func (w *walker) printf(args []*syntax.Word, words []codeWord) error {
	for i := 1; i < len(words); i++ {
		if words[i].values && words[i-1].known && words[i-1].literal == "-v" {
			return w.misplaced(int(args[i].Pos().Offset()), namePlace, "")
		}
	}
	if w.evaluating() && len(words) > 1 && !w.printsStrings(args[1], words[1]) {
		return w.refuse(args, words, w.arithmeticPlace(), numberHint)
	}
	return nil
}

// printsStrings reports whether the format is known to have no conversions of
// numbers. A backslash in double quotes, as of "\n", makes none, unless it
// stands before a percent sign.
func (s *script) printsStrings(format *syntax.Word, known codeWord) bool {
	if known.known {
		return onlyStrings(known.literal)
	}
	quoted, ok := format.Parts[0].(*syntax.DblQuoted)
	if !ok || len(format.Parts) > 1 || quoted.Dollar || s.holds(quoted) {
		return false
	}
	for _, p := range quoted.Parts {
		if _, ok := p.(*syntax.Lit); !ok {
			return false
		}
	}
	text := s.src[quoted.Pos().Offset():quoted.End().Offset()]
	return !strings.Contains(text, `\%`) && onlyStrings(text)
}

// onlyStrings reports whether a format has no conversions of numbers.
func onlyStrings(format string) bool {
	format = strings.ReplaceAll(format, "%%", "")
	for {
		_, rest, found := strings.Cut(format, "%")
		if !found {
			return true
		}
		if rest == "" || strings.IndexByte("sqbc", rest[0]) < 0 {
			return false
		}
		format = rest
	}
}

// test refuses values where the shell wants a variable's name, and where it
// evaluates them.
func (w *walker) test(args []*syntax.Word, words []codeWord) error {
	for i := 1; i < len(words); i++ {
		if !words[i].known {
			continue
		}
		switch words[i].literal {
		case "-v", "-R":
			if i+1 < len(words) && words[i+1].values {
				return w.misplaced(int(args[i+1].Pos().Offset()), namePlace, "")
			}
		case "-t", "-eq", "-ne", "-lt", "-le", "-gt", "-ge":
			if w.evaluating() {
				return w.refuse(args, words, w.arithmeticPlace(), numberHint)
			}
		}
	}
	return nil
}

// declaration checks declare and its kin.
func (w *walker) declaration(d *syntax.DeclClause) error {
	named := d.Variant.Value != "export" && d.Variant.Value != "readonly" || w.evaluating()
	evaluates := false
	for _, a := range d.Args {
		if a.Naked && a.Name == nil {
			flags := w.src[a.Pos().Offset():a.End().Offset()]
			evaluates = evaluates || isOption(flags) && strings.ContainsAny(flags, "inEF")
			if named && w.holds(a.Value) {
				return w.misplaced(int(a.Pos().Offset()), namePlace, "")
			}
		} else if evaluates && w.holds(a) {
			return w.misplaced(int(a.Pos().Offset()), namePlace, "")
		}
	}
	return nil
}

// integers returns the names that the script declares as integers: the shell
// evaluates what is assigned to them.
func (s *script) integers() map[string]bool {
	names := make(map[string]bool)
	for n := range syntax.Preorder(s.file) {
		switch n := n.(type) {
		case *syntax.DeclClause:
			addIntegers(names, n)
		case *syntax.CallExpr:
			if len(n.Args) > 0 && arithmetic.has(n.Args[0].Lit()) {
				for _, a := range n.Args[1:] {
					name, _, _ := strings.Cut(a.Lit(), "=")
					names[name] = true
				}
			}
		}
	}
	return names
}

// arithmetic are the commands that declare numbers.
const arithmetic wordList = " float integer "

func addIntegers(names map[string]bool, d *syntax.DeclClause) {
	flagged := false
	for _, a := range d.Args {
		if a.Naked && a.Name == nil {
			f := a.Value.Lit()
			flagged = flagged || isOption(f) && strings.Contains(f, "i")
		} else if flagged {
			names[a.Name.Value] = true
		}
	}
}

// checkFunction refuses the call of a function that bash has exported and
// another shell can't see.
func (w *walker) checkFunction(name *syntax.Word) error {
	if w.dialect.name == "bash" {
		return nil
	}
	function, ok := exportedFunction(name.Lit(), w.environ)
	if !ok || isBuiltin(function) || w.defines(function) {
		return nil
	}
	return at(w.src, int(name.Pos().Offset()), bashHint, "%s is a function of bash, and %s can't run it", function, w.dialect.name)
}

// defines reports whether the script has a function of that name.
func (s *script) defines(function string) bool {
	for n := range syntax.Preorder(s.file) {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil && f.Name.Value == function {
			return true
		}
	}
	return false
}

// skipPrefixes drops the words before the command proper.
func skipPrefixes(args []*syntax.Word, words []codeWord) ([]*syntax.Word, []codeWord) {
	for len(words) > 0 && words[0].known && prefixes.has(words[0].literal) {
		n := 1
		for n < len(words) && words[n].known && isOption(words[n].literal) {
			n++
		}
		args, words = args[n:], words[n:]
	}
	return args, words
}

// prefixes are the builtins that run the command in their arguments.
const prefixes wordList = " builtin command exec nocorrect noglob "

// codeWords tells what is known of a command's words.
func (s *script) codeWords(args []*syntax.Word) []codeWord {
	out := make([]codeWord, len(args))
	for i, a := range args {
		start, end := int(a.Pos().Offset()), int(a.End().Offset())
		raw := s.src[start:end]
		text, known := s.plainWord(a)
		out[i] = codeWord{literal: text, known: known, dashed: strings.HasPrefix(strings.TrimLeft(raw, `"'`), "-")}
		for _, sp := range s.spans {
			if sp.start < start || sp.end > end || sp.literal != "" {
				continue
			}
			out[i].values = out[i].values || sp.op.ofItem()
			inner := s.src[sp.start:sp.end]
			out[i].exact = raw == inner || raw == `"`+inner+`"` || raw == `'`+inner+`'`
		}
	}
	return out
}

// codeError shows the word whose value would become code.
func (w *walker) codeError(word *syntax.Word, msg, hint string) error {
	return at(w.src, int(word.Pos().Offset()), hint, "%s", msg)
}

func evaluatorHint(name string) string {
	return fmt.Sprintf(`set a variable first, and name it there: x={}; %s '… "$x" …'`, name)
}

// safeCommand spells the command with the script in args[i] taking its
// values as arguments.
func (s *script) safeCommand(args []*syntax.Word, i int) string {
	generic := shellHint(s.src[args[i].Pos().Offset():args[i].End().Offset()])
	quoted, ok := args[i].Parts[0].(*syntax.SglQuoted)
	if !ok || len(args[i].Parts) > 1 || i+1 < len(args) || quoted.Dollar || runners.has(filepath.Base(args[0].Lit())) {
		return generic
	}
	start, end := int(args[i].Pos().Offset())+1, int(args[i].End().Offset())-1
	safe, values, ok := withArguments(s.src[start:end], s.names.pack.scope(""))
	if !ok {
		return generic
	}
	head := s.src[args[0].Pos().Offset():args[i].Pos().Offset()]
	return head + quoteSource(safe) + " _ " + strings.Join(values, " ")
}

package template

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// compileScript compiles the one word that a shell runs.
func compileScript(cfg *Config) (*Template, error) {
	shell, err := lookShell(cfg)
	if err != nil {
		return nil, err
	}
	src := cfg.Words[0]
	spans, err := cfg.Packing.scan(src, cfg.Replace)
	if err != nil {
		return nil, err
	}
	d, known := dialectOf(cfg.Shell[0])
	if !known {
		return compileForeign(cfg, shell, spans)
	}
	s, err := parseScript(src, spans, d, cfg.Environ)
	if err != nil {
		return nil, err
	}
	s.appends, s.named, s.moved, s.replace = !cfg.Placed, cfg.Named, cfg.Moved, cfg.Replace
	s.names.pack = cfg.Packing
	if err := s.place(); err != nil {
		return nil, err
	}
	if err := s.checkMany(); err != nil {
		return nil, err
	}
	if t := s.withoutShell(cfg); t != nil && !cfg.Prepared {
		return t, nil
	}
	return s.template(cfg, shell), nil
}

func lookShell(cfg *Config) (string, error) {
	path, err := LookPath(cfg.Shell[0], cfg.Environ)
	if pe, ok := err.(*ProgramError); ok {
		pe.Hint = "it is the shell of scripts: choose another by --shell or PMAP_SHELL"
		return "", pe
	}
	return path, nil
}

// compileForeign passes the script as it is to a shell whose language isn't
// known, and the item as its argument.
func compileForeign(cfg *Config, shell string, spans []span) (*Template, error) {
	src, name := cfg.Words[0], filepath.Base(cfg.Shell[0])
	if interpreters.has(name) {
		return nil, &UsageError{Msg: name + " isn't a shell: its -c takes no script", Hint: "it is a program like any other: pmap " + name + " -e SCRIPT"}
	}
	for _, sp := range spans {
		if sp.literal == "" {
			return nil, at(src, sp.start,
				"use the first argument of the script, or --shell sh, bash, dash, ksh or zsh",
				"%s takes the item as an argument only", name)
		}
	}
	w := wordOf(src, spans)
	text := w.literal()
	words := constants(append(slices.Clone(cfg.Shell), "-c", text))
	if bourne.has(name) {
		words = append(words, constant(name))
	}
	if cfg.Packing.Mode != None {
		words = append(words, cfg.Packing.itemWord())
	}
	t := &Template{program: shell, shell: true, script: text, show: argvDisplay(words)}
	t.split(words)
	return t, nil
}

// A script is a parsed script on its way to a Template.
type script struct {
	src     string
	spans   []span
	dialect dialect
	environ []string
	file    *syntax.File
	names   namer
	edits   []edit
	moved   bool   // as Config has it
	replace string // as Config has it
	appends bool   // where it has no placeholder, the item is appended,
	named   bool   // or that is an error
	placed  []bool // by span: an edit covers it
	passed  []bool // by span: it stands in a comment
	numbers []numberOp
}

// An edit replaces a stretch of the source: in the compiled script by text,
// in its display by what shown says.
type edit struct {
	start, end int
	text       string
	shown      shown
}

// stand is the byte that stands for a placeholder while a script is parsed:
// no shell gives it a meaning, so that each placeholder is part of a word.
const stand = '\x01'

// masked returns the source with its spans hidden from the parser. Every
// offset stays.
func masked(src string, spans []span) string {
	b := []byte(src)
	for _, sp := range spans {
		for i := sp.start; i < sp.end; i++ {
			b[i] = stand
		}
	}
	return string(b)
}

func parseScript(src string, spans []span, d dialect, environ []string) (*script, error) {
	s := &script{
		src: src, spans: spans, dialect: d, environ: environ,
		placed: make([]bool, len(spans)), passed: make([]bool, len(spans)),
		names: newNamer(src),
	}
	var err error
	if s.file, err = parse(masked(src, spans), d); err != nil {
		return nil, s.syntaxError(err)
	}
	return s, nil
}

// parse parses src as the dialect has it. What a ksh adds to the oldest of
// its kin is found in bash, from which it came.
func parse(src string, d dialect) (*syntax.File, error) {
	file, err := parseAs(src, d.lang)
	if err != nil && d.lang == syntax.LangMirBSDKorn {
		if file, err := parseAs(src, syntax.LangBash); err == nil {
			return file, nil
		}
	}
	return file, err
}

func parseAs(src string, lang syntax.LangVariant) (*syntax.File, error) {
	p := syntax.NewParser(syntax.Variant(lang), syntax.KeepComments(true))
	return p.Parse(strings.NewReader(src), "")
}

// syntaxError says where the script can't be parsed, and whether bash could.
func (s *script) syntaxError(err error) error {
	offset, text := 0, err.Error()
	var lang syntax.LangError
	var bad syntax.ParseError
	switch {
	case errors.As(err, &lang):
		return s.lacks(int(lang.Pos.Offset()), lang.Feature)
	case errors.As(err, &bad):
		offset, text = int(bad.Pos.Offset()), s.unmasked(bad.Text)
	}
	if s.dialect.posix() {
		if _, err := parseAs(masked(s.src, s.spans), syntax.LangBash); err == nil {
			return at(s.src, offset, bashHint, "%s can't parse this, bash could: %s", s.dialect.name, text)
		}
	}
	return at(s.src, offset, "", "cannot parse the script: %s", text)
}

// lacks is the error for syntax that the dialect hasn't got.
func (s *script) lacks(offset int, feature string) error {
	return at(s.src, offset, bashHint, "%s has no %s", s.dialect.name, s.unmasked(feature))
}

// bashHint is for what bash has and the shell hasn't.
const bashHint = "add --shell bash"

// unmasked replaces what stood for a placeholder in a parser's message.
func (s *script) unmasked(text string) string {
	if i := strings.IndexByte(text, stand); i >= 0 {
		end := i
		for end < len(text) && text[end] == stand {
			end++
		}
		return text[:i] + s.src[s.spans[0].start:s.spans[0].end] + s.unmasked(text[end:])
	}
	return text
}

// place finds a place for every placeholder, and for the item where there is
// none.
func (s *script) place() error {
	w := newWalker(s)
	if err := w.walk(); err != nil {
		return err
	}
	for i, sp := range s.spans {
		if !s.placed[i] && !s.passed[i] {
			return s.misplaced(sp.start, "here", variableHint)
		}
	}
	if err := s.refuseSilent(); err != nil {
		return err
	}
	if s.appends && s.placeholders() == 0 && !w.names {
		return s.appendItem()
	}
	return nil
}

// placeholders counts the placeholders outside comments.
func (s *script) placeholders() (n int) {
	for i, sp := range s.spans {
		if sp.literal == "" && s.placed[i] {
			n++
		}
	}
	return n
}

// variableHint is the way round a place that is too deep in quotes.
const variableHint = "set a variable first: x={}; … $x …"

// misplaced is the error for a placeholder where none can stand.
func (s *script) misplaced(offset int, where, hint string) error {
	return at(s.src, offset, hint, "a placeholder can't stand %s", where)
}

// appendItem puts the item at the end of the script's only command.
func (s *script) appendItem() error {
	call := s.simple()
	if call == nil || s.named {
		return unnamed(s.replace, "the script "+quoteSource(s.src))
	}
	words := s.codeWords(call.Args)
	if name := words[0]; name.known && evaluators.has(name.literal) {
		return &UsageError{Msg: fmt.Sprintf("%s would execute the item as code", name.literal), Hint: evaluatorHint(name.literal)}
	}
	if code, found := findCode(append(words, codeWord{exact: true, values: true})); found && code.nested != "" {
		return &UsageError{Msg: nestedMessage(code.nested), Hint: nestedHint(code.nested, cmp.Or(s.replace, "{}"), true)}
	}
	end := int(call.Args[len(call.Args)-1].End().Offset())
	all := s.names.pack.Mode != Single || s.names.pack.Columns.Several
	s.edits = append(s.edits, edit{
		start: end, end: end, text: " " + s.names.expand(op{}, placeBare, all),
		shown: shown{isOp: true, text: " ", all: all, glued: end < len(s.src) && strings.IndexByte("<>", s.src[end]) >= 0},
	})
	return nil
}

// unnamed is the error where the item has no place; replace is as in Config.
func unnamed(replace, in string) *UsageError {
	return &UsageError{Msg: "where does the item go? write " + cmp.Or(replace, "{}"), Hint: "in " + in}
}

// simple returns the script's only command, if it is a simple one.
func (s *script) simple() *syntax.CallExpr {
	if len(s.file.Stmts) != 1 {
		return nil
	}
	st := s.file.Stmts[0]
	call, ok := st.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 || st.Negated || st.Background || st.Coprocess || st.Disown {
		return nil
	}
	return call
}

// template makes the argv of the shell that runs the script.
func (s *script) template(cfg *Config, shell string) *Template {
	s.sortEdits()
	compiled := s.names.prologue() + s.compiled()
	params := s.names.parameters()
	words := constants(append(slices.Clone(cfg.Shell), "-c", compiled, filepath.Base(cfg.Shell[0])))
	t := &Template{program: shell, shell: true, script: compiled, numbers: s.numbers}
	t.show = display{shown: s.displayed(), params: params, script: compiled}
	t.split(append(words, params...))
	t.named = s.names.ops
	return t
}

func (s *script) sortEdits() {
	slices.SortStableFunc(s.edits, func(a, b edit) int { return a.start - b.start })
}

// compiled is the source with its edits.
func (s *script) compiled() string {
	var b strings.Builder
	done := 0
	for _, e := range s.edits {
		b.WriteString(s.src[done:e.start])
		b.WriteString(e.text)
		done = e.end
	}
	b.WriteString(s.src[done:])
	return b.String()
}

// displayed is the source with the places of its values.
func (s *script) displayed() (out []shown) {
	done := 0
	for _, e := range s.edits {
		out = append(out, shown{text: s.src[done:e.start] + e.shown.text})
		if e.shown.isOp {
			out = append(out, e.shown)
		}
		done = e.end
	}
	return append(out, shown{text: s.src[done:]})
}

// withArguments spells a script so that it takes the values of its
// placeholders as arguments, which it returns as well.
func withArguments(src string, sc *scope) (script string, args []string, ok bool) {
	spans, err := sc.scan(src)
	if err != nil {
		return "", nil, false
	}
	d, _ := dialectOf("bash")
	s, err := parseScript(src, spans, d, nil)
	if err != nil {
		return "", nil, false
	}
	s.names.positional = true
	w := newWalker(s)
	if w.walk() != nil {
		return "", nil, false
	}
	s.sortEdits()
	return s.compiled(), s.spellings(), true
}

// spellings returns how each named op is written in the source.
func (s *script) spellings() []string {
	out := make([]string, len(s.names.ops))
	for _, sp := range s.spans {
		if i := slices.Index(s.names.ops, sp.op); i >= 0 && sp.literal == "" {
			out[i] = s.src[sp.start:sp.end]
		}
	}
	return out
}

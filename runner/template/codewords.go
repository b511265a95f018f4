package template

import (
	"path/filepath"
	"slices"
	"strings"
)

// A codeWord is what is known of a command's word when looking for scripts.
type codeWord struct {
	literal string // where the word is constant
	known   bool   // the word is constant
	exact   bool   // the word is one placeholder and nothing else
	values  bool   // the word holds a value that isn't an integer
	dashed  bool   // the word begins with a "-"
}

// wrappers are programs that run the command in their arguments.
const wrappers wordList = " ash busybox caffeinate chroot chrt command coproc doas docker env exec fakeroot faketime find flock" +
	" firejail ionice kubectl lxc nerdctl nice nocorrect noglob nohup nsenter numactl parallel pkexec pmap podman prlimit proot runuser rush script" +
	" setarch setpriv setsid srun stdbuf strace su sudo systemd-run taskset time timeout toybox unbuffer unshare watch xargs xvfb-run "

// runners are programs whose own option -c takes a script.
const runners wordList = " flock runuser script su "

// A codePlace is where a value would become code.
type codePlace struct {
	word   int    // its index among the words
	nested string // the pmap or parallel whose word it is, "" for a shell's
}

// findCode looks for a word that holds a value inside a script which one of
// the command's words hands to a shell or to another pmap. A script that is
// one placeholder as a whole is meant to be the item.
func findCode(words []codeWord) (codePlace, bool) {
	if len(words) == 0 || !words[0].known {
		return codePlace{}, false
	}
	for i := range words {
		if i == 0 && isNesting(words[0]) || i > 0 && wrapsCommand(words[0]) && startsNested(words, i) {
			if at := nestedCode(words, i); at >= 0 {
				return codePlace{at, words[i].literal}, true
			}
		}
	}
	at := codeAt(words)
	return codePlace{word: at}, at >= 0
}

func wrapsCommand(w codeWord) bool { return wrappers.has(filepath.Base(w.literal)) }

// codeAt returns the index of such a word of a shell, or -1.
func codeAt(words []codeWord) int {
	name := filepath.Base(words[0].literal)
	if isShell(name) {
		if i := scriptOf(words, 0); i >= 0 {
			return i
		}
	}
	if !wrappers.has(name) {
		return -1
	}
	for i := 1; i < len(words); i++ {
		if words[i].known && isShell(words[i].literal) {
			if at := scriptOf(words, i); at >= 0 {
				return at
			}
		}
		if runners.has(name) && isCommandOption(words[i-1]) && unsafeScript(words[i]) {
			return i
		}
	}
	return -1
}

func isCommandOption(w codeWord) bool {
	return w.known && (w.literal == "-c" || w.literal == "--command")
}

// scriptOf returns the index of the script with a value inside it that the
// shell at words[i] is given by -c, or -1.
func scriptOf(words []codeWord, i int) int {
	code := false
	for i++; i < len(words) && words[i].known && isOption(words[i].literal); i++ {
		option := words[i].literal
		if strings.HasPrefix(option, "--") {
			code = code || option == "--command"
			continue
		}
		code = code || option[0] == '-' && strings.Contains(option, "c")
		if last := option[len(option)-1]; last == 'o' || last == 'O' {
			i++
		}
	}
	if code && i < len(words) && unsafeScript(words[i]) {
		return i
	}
	return -1
}

func isOption(s string) bool { return len(s) > 1 && (s[0] == '-' || s[0] == '+') }

func unsafeScript(w codeWord) bool { return w.values && !w.exact }

// refuseCodeWords refuses an argv that puts values into the script of a
// shell or of another pmap.
func refuseCodeWords(cfg *Config, words []Word) error {
	known := make([]codeWord, len(words))
	for i := range words {
		known[i] = words[i].code()
	}
	code, found := findCode(known)
	if !found {
		return nil
	}
	word, own := "{}", "{}" // appended
	if cfg.Replace != "" {
		own = cfg.Replace
	}
	if code.word < len(cfg.Words) {
		word = cfg.Words[code.word]
	}
	if code.nested != "" {
		return &UsageError{
			Msg:  nestedMessage(code.nested) + ": " + quoteSource(word),
			Hint: nestedHint(code.nested, own, false),
		}
	}
	return &UsageError{
		Msg:  "a placeholder inside a shell's script would make the item part of the code: " + quoteSource(word),
		Hint: safeArgv(cfg, code.word),
	}
}

// code tells what is known of the word.
func (w *Word) code() codeWord {
	c := codeWord{known: w.Constant(), exact: w.exact()}
	if c.known {
		c.literal = w.literal()
	}
	c.dashed = len(w.pieces) > 0 && strings.HasPrefix(w.pieces[0].literal, "-")
	for _, p := range w.pieces {
		c.values = c.values || p.isOp && p.op.ofItem()
	}
	return c
}

// safeArgv spells the words with the script at words[i] taking its values as
// arguments.
func safeArgv(cfg *Config, i int) string {
	safe, args, ok := withArguments(cfg.Words[i], cfg.Packing.scope(cfg.Replace))
	name := filepath.Base(cfg.Words[0])
	if !ok || i+1 < len(cfg.Words) || runners.has(name) && name != "flock" {
		return shellHint(cfg.Words[i])
	}
	words := append([]string(nil), cfg.Words[:i]...)
	if name == "flock" && !slices.ContainsFunc(words[:i-1], isShell) { // whose own -c takes no arguments
		words = append(words[:i-1], "sh", "-c")
	}
	words = append(append(words, safe, "_"), args...)
	return "pmap " + quoteSources(words)
}

package template

import (
	"path/filepath"
	"strings"
)

// A pmap or GNU parallel among a command's words makes code of its own words,
// as a shell makes it of the word after -c: what the outer pmap puts into
// them would be executed. After ":::" stand their items, which stay values.

// nesting are the programs that execute a command of text with placeholders.
const nesting wordList = " parallel pmap "

func isNesting(w codeWord) bool { return w.known && nesting.has(filepath.Base(w.literal)) }

const (
	// plainValues are the options of both whose value is a word of its own
	// that neither of them executes.
	plainValues wordList = " -a --arg-file -P --max-procs -j --jobs -n --max-args -N --max-replace-args -L --max-lines -s --max-chars" +
		" -d --delimiter -E --timeout --delay --retries --tmpdir --halt "

	// templates are those that pmap has besides.
	templates wordList = " --arg-sep --arg-file-sep --block --block-timeout --buffer -C --chunksize --color --colsep --eof --events --exit-status" +
		" --failed-to --head --header --joblog --journal --kill-after --max-tasks-per-child --nice --ok-status --part --recend --recstart" +
		" --results --retry-delay --retry-max-delay --retry-on --seed --skip --spill --start-method --stdin --stdout --tagstring --total" +
		" --tries --trim --wd --workdir "
)

// nestedCode returns the index of a word with a value that the program at
// words[i] would execute, or -1. For pmap a word that is one placeholder as a
// whole is an argument, or meant to be the script; parallel joins all words to
// a line for a shell.
func nestedCode(words []codeWord, i int) int {
	joins := filepath.Base(words[i].literal) == "parallel"
	begun := false // the command has
	for i++; i < len(words); i++ {
		w := words[i]
		if w.known && strings.HasPrefix(w.literal, ":::") {
			return -1
		}
		value := !begun && takesValue(words[i-1], joins)
		option := w.dashed && !begun && !strings.HasPrefix(w.literal, "--shell")
		if w.values && !value && !option && (joins || !w.exact) {
			return i
		}
		begun = begun || joins && !value && !w.dashed
	}
	return -1
}

// takesValue reports whether the word after w is the value of an option that
// isn't code.
func takesValue(w codeWord, joins bool) bool {
	return w.known && (plainValues.has(w.literal) || !joins && templates.has(w.literal))
}

// operands are the wrappers that have words of any kind before the command.
const operands wordList = " busybox chroot chrt command docker find firejail flock kubectl lxc nerdctl numactl podman proot runuser" +
	" script setarch su systemd-run taskset toybox unshare watch xvfb-run "

// startsNested reports whether words[i] is the program that the wrapper at
// words[0] runs, and not a file that another program is to work on.
func startsNested(words []codeWord, i int) bool {
	name := filepath.Base(words[0].literal)
	if !isNesting(words[i]) {
		return false
	}
	if name == "find" {
		before := words[i-1].literal
		return strings.HasPrefix(before, "-exec") || strings.HasPrefix(before, "-ok")
	}
	for n := 1; n < i && !operands.has(name); n++ {
		w := words[n]
		if !w.known || w.dashed || words[n-1].dashed || w.literal == "" || isDigit(w.literal[0]) || strings.Contains(w.literal, "=") {
			continue
		}
		name = filepath.Base(w.literal)
		if !wrappers.has(name) {
			return false
		}
	}
	return true
}

// nestedMessage is for a word that a nested pmap would execute.
func nestedMessage(name string) string {
	return "a placeholder inside the command of " + innerName(name) + " would make the item part of the code"
}

func innerName(name string) string {
	if name = filepath.Base(name); name == "pmap" {
		return "another pmap"
	}
	return name
}

// nestedHint shows how the item reaches the inner command as a value. own is
// the placeholder as it was written, script whether a shell runs the words.
func nestedHint(name, own string, script bool) string {
	name = filepath.Base(name)
	hint, inner := "", "{}"
	if strings.HasPrefix(own, "{") {
		inner = "{{}}"
		hint = "{{}} is the inner " + name + "'s own placeholder\n"
	}
	items := name + " COMMAND ::: " + own
	variable := "export x=" + own + "; " + name + ` "… \"\$x\" ` + inner + ` …"`
	if !script {
		items = "pmap '" + items + "'"
		variable = "pmap env x=" + own + " " + name + ` '… "$x" ` + inner + " …'"
	}
	return hint + "as an item of the inner one: " + items + "\nin the environment: " + variable
}

// shellHint shows how the item reaches a shell's script as an argument, where
// no spelling of that very script is known to be safe.
func shellHint(script string) string {
	if strings.Contains(script, "pmap") || strings.Contains(script, "parallel") {
		return `give the item as an argument, and to the inner command in the environment: sh -c 'export x="$1"; pmap "… \"\$x\" …"' _ {}`
	}
	return `name "$1" in the script and give the item as an argument: sh -c '… "$1" …' _ {}`
}

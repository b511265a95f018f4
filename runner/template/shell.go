package template

import (
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A dialect is a shell whose scripts may hold placeholders.
type dialect struct {
	name string
	lang syntax.LangVariant
}

// dialectOf returns the dialect of the shell with that name or path.
func dialectOf(shell string) (d dialect, ok bool) {
	name := filepath.Base(shell)
	switch name {
	case "sh", "dash":
		return dialect{name, syntax.LangPOSIX}, true
	case "bash":
		return dialect{name, syntax.LangBash}, true
	case "ksh", "ksh93", "mksh":
		return dialect{name, syntax.LangMirBSDKorn}, true
	case "zsh":
		return dialect{name, syntax.LangZsh}, true
	}
	return dialect{}, false
}

// posix reports whether the shell is taken to have nothing beyond POSIX.
func (d dialect) posix() bool { return d.lang == syntax.LangPOSIX }

// A wordList is a set of words, separated and enclosed by blanks. It costs
// nothing at start-up.
type wordList string

func (l wordList) has(word string) bool {
	return word != "" && !strings.ContainsAny(word, " \t\n") && strings.Contains(string(l), " "+word+" ")
}

const (
	// bourne are further shells whose -c takes a name for $0 before the
	// arguments.
	bourne wordList = " ash busybox hush lksh loksh oksh osh pdksh posh rbash rksh yash "

	// foreign are shells of other families.
	foreign wordList = " csh elvish fish nu pwsh rc tcsh xonsh "

	// interpreters are no shells, and don't take a script after -c.
	interpreters wordList = " lua node perl ruby "

	// builtins are the builtin commands of all known shells together.
	builtins wordList = " . : [ alias autoload bg bind bindkey break builtin caller cd chdir command compgen complete" +
		" compopt continue declare dirs disable disown echo echotc echoti emulate enable eval exec exit export false fc fg" +
		" float functions getln getopts global hash hist history integer jobs kill let limit local logout mapfile" +
		" mknod nameref noglob popd print printf pushd pushln pwd r read readarray readonly rehash rename return sched set" +
		" setopt shift shopt sleep source stop suspend test times trap true ttyctl type typeset ulimit umask unalias" +
		" unfunction unhash unlimit unset unsetopt vared wait whence where which zcompile zle zmodload zparseopts zstyle "

	// keywords are the reserved words of all known shells together.
	keywords wordList = " ! [[ ]] case coproc do done elif else end esac fi for foreach function if in namespace" +
		" nocorrect repeat select then time until while { } "
)

// isShell reports whether word names a program that executes the word after
// its -c as a script.
func isShell(word string) bool {
	_, known := dialectOf(word)
	name := filepath.Base(word)
	return known || bourne.has(name) || foreign.has(name)
}

// isBuiltin reports whether name is a builtin or reserved word of a shell.
func isBuiltin(name string) bool { return builtins.has(name) || keywords.has(name) }

// Package template turns the words of a command line into what a slot lays
// out for each job.
//
//	words ─► Compile ─► Template ─► Render(job) ─► argv
//
// A Template is the same thing for every kind of command: constant leading
// words, then words made of pieces, each a literal or a placeholder.
//
//	argv    gzip -9 {}        gzip -9 │ VALUE
//	script  'wc < {} > {.}'   sh -c SCRIPT sh │ VALUE VALUE …
//
// A script is parsed once, in its shell's dialect. Every placeholder in it
// becomes the expansion of a variable, quoted for the place where it stands,
// and a prologue on the script's first line sets these variables from the
// parameters. So the script is constant, a value is only ever an argument,
// and nothing is parsed again for a job: no item becomes code.
//
// The values are GNU parallel's:
//
//	{}    the item                   a/b.tar.gz
//	{.}   without its extension      a/b.tar
//	{/}   its last component         b.tar.gz
//	{//}  the directory of it        a            ("." where there is none)
//	{/.}  last component, no ext.    b.tar
//	{#}   the job's number, from 1
//	{%}   the job's slot, from 1
//	{q}   the item, quoted for a second shell
//	{1}   the item's first column, with the same endings: {1.} {1/} {1//} {1/.}
//	{-1}  its last column, and so on
//	{name} the column of that name
//
// and rush's:
//
//	{:}   without any extension      a/b
//	{^gz} without that suffix        a/b.tar.
//
// Of an item with several columns, {} is a word for each of them where it is a
// word, and a text with blanks between them anywhere else.
//
// An extension is the last dot of the last component and what follows it, so
// that of ".profile" is all of it. Unlike there, a newline is a byte like any
// other.
package template

# What a POSIX shell reads first on its stdin, the socket of requests: it reads
# FILE, and makes itself pmap_run, which each request calls with the item's number,
# try and values, and which runs the item in a subshell. Its parameters are those
# of bash.sh up to whether items greet. Its own fds are 6 to 9: it knows no greater
# ones. What FILE could redefine is called by command; the braces make the shell
# parse all of this before it reads FILE, and what it parses thereafter is quoted
# where it could be an alias.
{
pmap_statuses=$1 pmap_complaints=$2 pmap_file=$3 pmap_script=$4 pmap_greet=$8
pmap_files="<${5:-&6} ${6:+>|}${6:->&8} 2${7:+>|}${7:->&9} 6<&- 8>&- 9>&-"
set --
. "$pmap_file" </dev/null >&2
{
pmap_set=$-
set +aeuvx
command set +s
} 2>/dev/null
pmap_option=
command eval pmap_option=done
case $pmap_option in '')
	echo "$pmap_file: a function must not be called command" >&2
	exit 2
esac
# What FILE set comes back in each subshell; options that show commands come
# last. Its EXIT trap is this shell's own.
pmap_back=
for pmap_option in a e u v x; do
	case $pmap_set in *$pmap_option*) pmap_back="$pmap_back \\set -$pmap_option;" ;; esac
done
set --
command exec 6</dev/null 7>&0 8>&1 9>&2
# Only pmap_run has parameters. No command of it succeeds before the subshell: a
# signal that comes then doesn't pass for the item's success.
trap 'pmap_rc=$?; case $# in 0) ;; *) \command printf "%d\n" "$pmap_rc" ;; esac; \exec >&9 2>&9; \exit' INT TERM
trap - CHLD
export PMAP_SEQ PMAP_TRY
# It is one line up to the script, whose lines are counted from there.
pmap_back="pmap_run() { (${pmap_greet:+\\command echo >&7; }\\exec 7>&-; PMAP_SEQ=\$1 PMAP_TRY=\$2; \\shift 2;$pmap_back $pmap_script
) $pmap_files; \\command echo \"\$?\"; }; \\command exec >|$pmap_statuses 2>>$pmap_complaints; \\command printf 'ready\\n'"
unset -v pmap_statuses pmap_complaints pmap_file pmap_script pmap_files pmap_greet pmap_set pmap_option
command alias pmap_awake='#'
eval "\\unset -v pmap_back; $pmap_back"
}
pmap_awake ) ends a shell in which FILE has said set -n: it runs nothing any more
\command unalias pmap_awake

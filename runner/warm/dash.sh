# A POSIX shell that has read FILE, and runs each item in a subshell of itself.
# It is given what bash.sh is. Its own fds are 6 to 9: it knows no greater ones.
# What FILE could redefine is called by command; the braces make the shell parse
# all of this before it reads FILE.
{
pmap_values=$1 pmap_statuses=$2 pmap_complaints=$3 pmap_file=$4 pmap_script=$5 pmap_greet=$9
pmap_files="${6:+<$6 }${7:+>|}${7:->&8} 2${8:+>|}${8:->&9} 8>&- 9>&-"
set --
command exec 7<&0 </dev/null
. "$pmap_file" >&2 7<&-
{
pmap_set=$-
set +aeuvx
} 2>/dev/null
# What FILE set comes back in each subshell; options that show commands come
# last. Its EXIT trap is this shell's own.
pmap_back=
for pmap_item in a e u v x; do
	case $pmap_set in *$pmap_item*) pmap_back="$pmap_back; set -$pmap_item" ;; esac
done
pmap_back=${pmap_back:+unset -v pmap_back$pmap_back}
# While an item runs pmap_item isn't empty. Between reading it and the subshell
# no command succeeds: a signal that comes then doesn't pass for the item's
# success.
pmap_item=
command exec 8>&1 9>&2
trap 'pmap_rc=$?; [ -z "$pmap_item" ] || command printf "%d\n" "$pmap_rc"; exec 2>&9; exit' INT TERM
export PMAP_SEQ PMAP_TRY=1
# As in bash.sh. Its line is that of the script's first.
pmap_loop="command exec >|$pmap_statuses 2>>$pmap_complaints; command printf 'ready\\n'; \
until ! command read -r pmap_item <&7; do (${pmap_greet:+command echo >&7; }exec 7>&-; . $pmap_values; \
unset -v pmap_item; ${pmap_back:+command eval \"\$pmap_back\"; }$pmap_script
) $pmap_files; command echo \"\$?\"; pmap_item=; done; command exec 2>&9 9>&-; exit 0"
set -- "$pmap_loop"
unset -v pmap_values pmap_statuses pmap_complaints pmap_file pmap_script pmap_files pmap_greet pmap_set pmap_loop
[ -n "$pmap_back" ] || unset -v pmap_back
eval "$1"
}

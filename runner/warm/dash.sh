# A POSIX shell that has read FILE, and runs each item in a subshell of itself.
# It is given what bash.sh is. Its own fds are 6 to 9: it knows no greater ones.
# What FILE could redefine is called by command; the braces make the shell parse
# all of this before it reads FILE.
{
pmap_values=$1 pmap_statuses=$2 pmap_complaints=$3 pmap_file=$4
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
unset -v pmap_set
# While an item runs pmap_item isn't empty. Between reading it and the subshell
# no command succeeds: a signal that comes then doesn't pass for the item's
# success.
pmap_item=
trap 'pmap_rc=$?; [ -z "$pmap_item" ] || command printf "%d\n" "$pmap_rc"; exec 2>&9; exit' INT TERM
command exec 8>&1 >|"$pmap_statuses" 9>&2 2>>"$pmap_complaints"
unset -v pmap_statuses pmap_complaints pmap_file
export PMAP_SEQ PMAP_TRY
command printf 'ready 7 8 9 %d\n' ${#pmap_back}
if [ -n "$pmap_back" ]; then pmap_back="unset -v pmap_back$pmap_back"; else unset -v pmap_back; fi
until ! command read -r pmap_item <&7; do
	(
		. "$pmap_values"
		eval "$1"
	)
	command printf '%d\n' "$?"
	pmap_item=
done
command exec 2>&9 9>&-
exit 0
}

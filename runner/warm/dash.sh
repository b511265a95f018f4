# A POSIX shell that has read FILE, and runs each item in a subshell of itself.
# It is given what bash.sh is. Its own fds are 7 to 9: it knows no greater ones.
# What FILE could redefine is called by command; the braces make the shell parse
# all of this before it reads FILE.
{
pmap_mem=$1/$4 pmap_err=$1/$5
command exec 7<"$1/$2" 8>|"$1/$3"
pmap_file=$6
set --
. "$pmap_file" >&2 7<&- 8>&-
{
pmap_set=$-
set +aeuvx
} 2>/dev/null
pmap_late=
case $pmap_set in *v*) pmap_late=v ;; esac
case $pmap_set in *x*) pmap_late=${pmap_late}x ;; esac
pmap_back='unset -v pmap_mem pmap_err pmap_file pmap_set pmap_late pmap_busy pmap_rc pmap_c pmap_back'
for pmap_c in a e u; do
	case $pmap_set in *$pmap_c*) pmap_back="$pmap_back; set -$pmap_c" ;; esac
done
pmap_back="$pmap_back${pmap_late:+; set -$pmap_late}"
pmap_busy=
trap 'pmap_rc=$?; [ -z "$pmap_busy" ] || command printf "%d\n" "$pmap_rc" >&8; exec 2>&9; exit' INT TERM
command exec 9>&2 2>>"$pmap_err"
command printf 'ready\n' >&8
while command read -r pmap_c <&7; do
	pmap_busy=1
	(
		command exec 7<&- 8>&-
		. "$pmap_mem"
	)
	command printf '%d\n' "$?" >&8
	pmap_busy=
done
command exec 2>&9 9>&-
exit 0
}

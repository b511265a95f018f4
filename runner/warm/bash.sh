# What a bash does before its first item: it reads FILE, and makes itself ready.
# Its stdin is the socket of requests. It is given, after this text, the names of
# what it opens for itself, which are those of the values, the statuses and the
# complaints, and FILE. What FILE could redefine is called by builtin; the group
# makes bash parse all of this before it reads FILE.
{
shift
pmap_args=("$@")
set --
exec {pmap_in}<&0 </dev/null || builtin exit
builtin source "${pmap_args[3]}" >&2 {pmap_in}<&-
{
pmap_rc=$?
pmap_set=$-
set +aenuvx
} 2>/dev/null
if ((pmap_rc == 2)) && ! "$BASH" -n "${pmap_args[3]}" 2>/dev/null; then
	builtin exit 2
fi
# What FILE set comes back in each subshell; options that show commands come
# last. Its EXIT trap is this shell's own.
pmap_back=$(builtin trap -p ERR DEBUG RETURN HUP INT QUIT TERM USR1 USR2 ALRM CHLD WINCH)
builtin trap - ERR DEBUG RETURN HUP QUIT USR1 USR2 ALRM CHLD WINCH
pmap_rc=${pmap_set//[!aenu]/}
pmap_back=${pmap_rc:+"set -$pmap_rc"$'\n'}$pmap_back
pmap_rc=${pmap_set//[!vx]/}
pmap_back+=${pmap_rc:+$'\n'"set -$pmap_rc"}
# A subshell is to find nothing of this: what the loop needs are parameters.
# read's variable is _, which thereafter tells that an item has been taken,
# until printf says how it ended. Between the two no command before the item's
# own succeeds: a signal that comes then doesn't pass for the item's success.
exec {pmap_out}>&1 >|"${pmap_args[1]}" {pmap_err}>&2 2>>"${pmap_args[2]}" || builtin exit
builtin trap 'pmap_rc=$? pmap_set=$_; [[ $pmap_set != _ ]] || builtin printf "%d\n" "$pmap_rc"; exec 2>&'"$pmap_err"'; builtin exit' INT TERM
builtin export PMAP_SEQ PMAP_TRY
builtin printf 'ready %d %d %d %d\n' "$pmap_in" "$pmap_out" "$pmap_err" "${#pmap_back}"
set -- "$pmap_in" "${pmap_args[0]}" "$pmap_err"
builtin unset -v pmap_args pmap_rc pmap_set pmap_in pmap_out pmap_err BASH_EXECUTION_STRING
if [[ $pmap_back ]]; then
	pmap_back="builtin unset -v pmap_back"$'\n'$pmap_back
else
	builtin unset -v pmap_back
fi
}

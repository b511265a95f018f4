# A bash that has read FILE, and runs each item in a subshell of itself.
# It is given: the directory of pmap's fds, those of the requests, statuses,
# values and complaints in it, and FILE. What FILE could redefine is called by
# builtin; the group makes bash parse all of this before it reads FILE.
{
pmap_args=("$@")
set --
builtin source "${pmap_args[5]}" >&2
{
pmap_rc=$?
pmap_set=$-
set +aenuvx
} 2>/dev/null
if ((pmap_rc == 2)) && ! "$BASH" -n "${pmap_args[5]}" 2>/dev/null; then
	builtin exit 2
fi
# What FILE set comes back in each subshell; options that show commands come
# last. Its EXIT trap is this shell's own.
pmap_traps=$(builtin trap -p ERR DEBUG RETURN HUP INT QUIT TERM USR1 USR2 ALRM CHLD WINCH)
builtin trap - ERR DEBUG RETURN HUP QUIT USR1 USR2 ALRM CHLD WINCH
pmap_busy=
builtin trap 'pmap_rc=$?; [[ $pmap_busy ]] && builtin printf "%d\n" "$pmap_rc" >&"$pmap_out"; exec 2>&"$pmap_err"; builtin exit' INT TERM
pmap_back='builtin unset -v pmap_c pmap_rc pmap_set pmap_busy pmap_in pmap_out pmap_err pmap_mem pmap_back pmap_traps'
pmap_rc=${pmap_set//[!aenu]/}
pmap_back+=$'\n'${pmap_rc:+set -$pmap_rc}$'\n'$pmap_traps$'\n'
pmap_rc=${pmap_set//[!vx]/}
pmap_back+=${pmap_rc:+set -$pmap_rc}
exec {pmap_in}<"${pmap_args[0]}/${pmap_args[1]}" {pmap_out}>|"${pmap_args[0]}/${pmap_args[2]}"
exec {pmap_err}>&2 2>>"${pmap_args[0]}/${pmap_args[4]}"
pmap_mem=${pmap_args[0]}/${pmap_args[3]}
builtin unset -v pmap_args pmap_traps
builtin printf 'ready\n' >&"$pmap_out"
while builtin read -r -N 1 -u "$pmap_in" pmap_c; do
	pmap_busy=1
	(
		exec {pmap_in}<&- {pmap_out}>&-
		builtin mapfile -d '' -t pmap_c <"$pmap_mem"
		set -- "${pmap_c[@]}"
		builtin eval "$1"
	)
	builtin printf '%d\n' "$?" >&"$pmap_out"
	pmap_busy=
done
exec 2>&"$pmap_err" {pmap_err}>&-
builtin exit 0
}

# What a bash that has read FILE is to run then: this prints it, in a child of
# that bash, so that none of what it takes is left in the memory which each item
# is a copy of. pmap_args are the names of the statuses and the complaints, FILE,
# the items' script, an item's own stdin, stdout and stderr (empty where it has
# this shell's), whether items greet, and the length of a request. pmap_in is the
# socket of requests, pmap_out and pmap_err are the shell's own stdout and stderr,
# and pmap_rc, pmap_set and pmap_back are the status, the options and the traps that
# FILE has left. What FILE could redefine is called by builtin, and what that bash
# parses is quoted where it could be an alias.
pmap_refuse() {
	[[ ! $1 ]] || builtin echo "${pmap_args[2]}: $1" >&2
	builtin echo '\builtin exit 2'
	builtin exit
}
if ((pmap_rc == 2)) && ! "$BASH" -n "${pmap_args[2]}" 2>/dev/null; then
	pmap_refuse ''
fi
for pmap_rc in exec set; do
	! builtin declare -F "$pmap_rc" >/dev/null || pmap_refuse "a function must not be called $pmap_rc"
done
for pmap_rc in PMAP_SEQ PMAP_TRY; do
	builtin printf -v "$pmap_rc" 1 2>/dev/null || pmap_refuse "$pmap_rc is pmap's to set, and must not be readonly"
done
# What FILE set comes back in each subshell; options that show commands come
# last. Its EXIT trap is the shell's own.
pmap_rc=${pmap_set//[!aenuET]/}
pmap_back=${pmap_rc:+"\\set -$pmap_rc"$'\n'}$pmap_back
pmap_rc=${pmap_set//[!vx]/}
pmap_back+=${pmap_rc:+$'\n'"\\set -$pmap_rc"}
[[ ! $pmap_back ]] || builtin printf -v pmap_back '\\builtin eval %q; ' "$pmap_back"
# It is one line up to the script, whose lines are counted from there. What the
# loop needs stands in it: a subshell is to find no variable of this. A request is
# read into PMAP_SEQ, which it sets to its number. That this name is $_ thereafter
# tells that an item has been taken, until echo says how it ended.
# Between the two no command before the item's own succeeds: a signal that comes
# then doesn't pass for the item's success. The subshell's own redirections cost
# less than those of commands in it, since they need not be undone; and with the
# first trap that it resets, of INT, it forgets what it has inherited of others.
pmap_loop="\\builtin trap 'pmap_rc=\$? pmap_set=\$_; [[ \$pmap_set != PMAP_SEQ ]] || \\builtin printf \"%d\\n\" \"\$pmap_rc\"; "
pmap_loop+="\\exec >&$pmap_err 2>&$pmap_err; \\builtin exit' INT TERM; "
pmap_loop+='\builtin export PMAP_SEQ PMAP_TRY=1; \builtin unset -v pmap_args pmap_in pmap_out pmap_err pmap_rc pmap_set pmap_back BASH_EXECUTION_STRING; '
pmap_loop+="{ \\exec >|${pmap_args[0]} 2>>${pmap_args[1]} || \\builtin exit; \\builtin printf 'ready\\n'; "
pmap_loop+="until ! \\builtin read -r -N ${pmap_args[8]} -u $pmap_in PMAP_SEQ; do ("
pmap_loop+="${pmap_args[7]:+\\builtin echo >&$pmap_in; }\\exec $pmap_in>&-; \\builtin eval \"\$PMAP_SEQ\"; "
pmap_loop+="\\builtin trap - 2; $pmap_back${pmap_args[3]}"
pmap_loop+=$'\n'") ${pmap_args[4]:+<${pmap_args[4]} }${pmap_args[5]:+>|}${pmap_args[5]:->&$pmap_out} "
pmap_loop+="2${pmap_args[6]:+>|}${pmap_args[6]:->&$pmap_err} $pmap_out>&- $pmap_err>&-; \\builtin echo \"\$?\"; done; "
pmap_loop+="\\exec >&$pmap_err 2>&$pmap_err; \\set --; \\builtin exit 0; }"
builtin printf %s "$pmap_loop"

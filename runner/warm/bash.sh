# What a bash does before its first item: it reads FILE, and makes of the script
# the loop that it runs then. Its stdin is the socket of requests. It is given,
# after this text, the names of what it opens for itself, which are those of the
# values, the statuses and the complaints, FILE, the script, an item's own stdin,
# stdout and stderr (empty where it has this shell's), and whether items greet.
# What FILE could redefine is called by builtin; the group makes bash parse all
# of this before it reads FILE.
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
exec {pmap_out}>&1 {pmap_err}>&2 || builtin exit
builtin trap 'pmap_rc=$? pmap_set=$_; [[ $pmap_set != _ ]] || builtin printf "%d\n" "$pmap_rc"; exec 2>&'"$pmap_err"'; builtin exit' INT TERM
builtin export PMAP_SEQ PMAP_TRY=1
# The loop is parsed here, once, as FILE has set the shell, and is one line up to
# the script, whose lines are counted from there. What it needs stands in it: a
# subshell is to find no variable of this. read's variable is _, which
# thereafter tells that an item has been taken, until echo says how it ended.
# Between the two no command before the item's own succeeds: a signal that comes
# then doesn't pass for the item's success. The subshell's own redirections cost
# less than those of commands in it, since they need not be undone; and with the
# first trap that it resets, of INT, it forgets what it has inherited of others.
pmap_loop="{ exec >|${pmap_args[1]} 2>>${pmap_args[2]} || \\builtin exit; \\builtin printf 'ready\\n'; "
pmap_loop+="until ! \\builtin read -r -N 1 -u $pmap_in _; do ("
pmap_loop+="${pmap_args[8]:+\\builtin echo >&$pmap_in; }exec $pmap_in>&-; \\builtin source ${pmap_args[0]}; "
pmap_loop+="\\builtin trap - 2; ${pmap_back:+\\builtin eval \"\$pmap_back\"; }${pmap_args[4]}"
pmap_loop+=$'\n'") ${pmap_args[5]:+<${pmap_args[5]} }${pmap_args[6]:+>|}${pmap_args[6]:->&$pmap_out} "
pmap_loop+="2${pmap_args[7]:+>|}${pmap_args[7]:->&$pmap_err} $pmap_out>&- $pmap_err>&-; \\builtin echo \"\$?\"; done; "
pmap_loop+="exec 2>&$pmap_err; set --; \\builtin exit 0; }"
set -- "$pmap_loop"
if [[ $pmap_back ]]; then
	pmap_back="builtin unset -v pmap_back"$'\n'$pmap_back
else
	builtin unset -v pmap_back
fi
builtin unset -v pmap_args pmap_loop pmap_rc pmap_set pmap_in pmap_out pmap_err BASH_EXECUTION_STRING
}

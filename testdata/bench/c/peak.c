/* peak FILE PROGRAM [ARGUMENT]...: run a program and write to FILE how many KiB
 * it, or one of its children, had in memory at most. It must be a program this
 * small that starts the other: a process inherits the peak of what it was
 * before exec. */

#define _DEFAULT_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct rusage used;
	int status;
	FILE *out;

	if (argc < 3)
		return 2;
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 1;
	if (!(out = fopen(argv[1], "w")) || fprintf(out, "%ld\n", used.ru_maxrss) < 0 || fclose(out))
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

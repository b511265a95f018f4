/* floor PROCESSES JOBS PROGRAM: the least that starting and reaping JOBS
 * processes can cost. Each of PROCESSES loops over its share by vfork, execve
 * and waitpid; a job gets its number as argument and the environment as it is.
 * Nothing is captured. The status is 0 if every job's was. */

#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int run(char *const argv[])
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(argv[0], argv, environ);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static int share(long first, long step, long jobs, char *program)
{
	char item[24];
	char *argv[] = { program, item, NULL };

	for (long i = first; i <= jobs; i += step) {
		snprintf(item, sizeof item, "%ld", i);
		if (!run(argv))
			return 1;
	}
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc != 4) {
		fprintf(stderr, "usage: floor PROCESSES JOBS PROGRAM\n");
		return 2;
	}
	long processes = atol(argv[1]), jobs = atol(argv[2]);
	for (long p = 1; p <= processes; p++) {
		pid_t pid = fork();
		if (pid < 0)
			return 1;
		if (pid == 0)
			_exit(share(p, processes, jobs, argv[3]));
	}
	int failed = 0, status;
	while (wait(&status) > 0)
		failed |= status != 0;
	return failed;
}

/* A job that costs what any static program with a libc costs. */

int main(void)
{
	return 0;
}

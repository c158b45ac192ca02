"""Whether what a database holds is what was put into it: a file has no checksums, and a disk may change a bit."""

"""What `make bench` runs: the program measured against the floor of this machine. Nothing here ever fails."""

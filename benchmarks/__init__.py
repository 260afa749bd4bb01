"""What the guard costs: seconds of a whole `cdk synth` with it and without (`make bench`)."""

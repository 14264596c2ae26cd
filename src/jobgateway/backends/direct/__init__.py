"""The direct transport: a pooled HTTP/1.1 client that does what a gateway needs, and nothing else."""

"""What faces callers: the server, what it refuses by itself, and its life from start to drain."""

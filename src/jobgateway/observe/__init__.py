"""What the operator sees: metrics and one access line a request."""

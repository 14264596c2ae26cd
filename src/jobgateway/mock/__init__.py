"""A stateful backend in any dialect, kept in memory."""

"""Asking backends: credentials, transports and the drive of a plan."""

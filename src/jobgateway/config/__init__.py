"""The configuration file: read strictly, checked whole, kept as frozen values."""

"""Who may ask, and which backend answers: routes, known callers, scopes."""

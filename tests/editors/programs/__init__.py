"""The editors as tests use them: profiles, processes, windows."""

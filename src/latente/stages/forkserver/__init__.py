"""A fork server: commands start in a process that has already imported the third-party packages."""

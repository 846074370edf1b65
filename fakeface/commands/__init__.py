"""Subcommands that need no Trainer: one file each, with ``add_arguments(parser)`` and ``run(arguments)``.

``add_arguments`` adds the subcommand's flags, and ``run`` does what the file's docstring says, which ``--help`` prints,
and returns the exit code. ``fakeface/cli.py`` lists the files. One imports what it needs inside ``run``'s module, never
Lightning, so that ``fakeface --help`` and the light subcommands answer at once.
"""

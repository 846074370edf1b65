"""Subcommands that need no Trainer: one file each, with ``add_arguments(parser)`` and ``run(arguments)``.

``fakeface/cli.py`` lists them. A file here imports what it needs inside ``run``'s module, never Lightning, so that
``fakeface --help`` and the light subcommands answer at once.
"""

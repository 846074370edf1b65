"""Errors that are the user's to mend, as opposed to bugs of ours."""


class UserError(Exception):
    """Wrong input: one sentence that says what is wrong, where, and how to mend it.

    The command line prints the sentence without a traceback and exits with code 2.
    """
